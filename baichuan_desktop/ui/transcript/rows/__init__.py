"""Rows of the transcript: what they are, how high, and how each is drawn."""
