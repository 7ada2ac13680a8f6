"""Many requests in a file, one a line, and their answers in another."""
