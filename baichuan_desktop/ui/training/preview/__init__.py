"""The first examples of the data as tokens: what is trained, and what is only read."""
