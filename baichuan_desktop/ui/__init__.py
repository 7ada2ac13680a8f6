"""Widgets show and ask, controllers decide, and the window joins them."""
