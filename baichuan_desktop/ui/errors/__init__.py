"""Errors for the person at the screen."""
