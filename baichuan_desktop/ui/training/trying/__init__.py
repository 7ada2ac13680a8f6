"""A model before and after a training, side by side on one's own questions."""
