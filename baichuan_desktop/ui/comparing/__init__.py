"""Two models answer the same question at the same time, side by side."""
