"""Bodies of requests: bounded while they are read, and strict JSON."""
