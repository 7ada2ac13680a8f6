"""Long pieces of work."""
