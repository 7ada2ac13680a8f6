"""Checkpoints written anew: complete folders, checked, never half."""
