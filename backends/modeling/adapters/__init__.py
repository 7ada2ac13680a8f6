"""Adapters in a loaded model: layers that add to those of the model, and take their places."""
