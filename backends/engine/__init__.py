"""Load, answer, unload; and the process around it."""
