"""Adapters in the window: how they are added, chosen and named."""
