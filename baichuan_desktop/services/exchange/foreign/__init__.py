"""What each other program's export means, in its published layout."""
