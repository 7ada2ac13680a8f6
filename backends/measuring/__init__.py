"""How fast a model is, and how far a precision is from another."""
