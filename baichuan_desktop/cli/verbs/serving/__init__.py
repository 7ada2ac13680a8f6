"""Verbs that serve other programs and browsers: what they take, how they run, what they print."""
