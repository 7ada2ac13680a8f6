"""Copies of the file: backups, what a damaged one still holds, and merging one into another."""
