"""Writes copies of checkpoints: a copy is a complete folder that was checked, or absent."""
