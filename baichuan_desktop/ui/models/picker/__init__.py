"""The list of models and adapters at the top of the window."""
