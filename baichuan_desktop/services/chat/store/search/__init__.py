"""Finding what was said: pairs of hanzi for the index, what a person typed, hits and excerpts."""
