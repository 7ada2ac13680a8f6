"""Models brought into the library, and taken out of it again."""
