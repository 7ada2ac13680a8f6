"""Widgets. They show and ask; they decide nothing."""
