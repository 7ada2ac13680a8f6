"""Engines, seen from the window."""
