"""Choosing a model and a precision, and loading it."""
