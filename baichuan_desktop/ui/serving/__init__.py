"""Serving other programs from the window: who starts and stops it, the dialog that shows it."""
