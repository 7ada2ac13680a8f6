"""Under which licence a model may be used, and who accepted it."""
