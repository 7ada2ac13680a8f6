"""The program of several commands, and the one of those alone that stay for long."""
