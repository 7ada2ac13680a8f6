"""Readers of files from unknown sources: nothing in a file runs; time and memory are bounded."""
