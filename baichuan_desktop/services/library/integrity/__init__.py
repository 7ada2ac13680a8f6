"""What each file of a model is known to be, and whether it still is."""
