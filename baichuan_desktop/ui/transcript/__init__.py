"""The conversation as it is shown."""
