"""Models that lie on this machine: where to look, what was found, how it comes into the library."""
