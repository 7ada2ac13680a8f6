"""What window and engine tell each other."""
