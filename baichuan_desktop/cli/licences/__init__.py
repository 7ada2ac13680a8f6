"""Licences in the terminal."""
