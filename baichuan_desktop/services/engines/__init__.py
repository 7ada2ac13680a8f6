"""Engines, wherever they run: a port, and what implements it."""
