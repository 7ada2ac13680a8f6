"""A system prompt, the form of a message and sampling, under a name."""
