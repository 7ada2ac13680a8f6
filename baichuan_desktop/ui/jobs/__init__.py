"""Long pieces of work in the window."""
