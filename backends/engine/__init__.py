"""Load, answer, unload; jobs beside it, requests above it, and the process around it."""
