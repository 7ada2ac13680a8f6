"""What the app does, without Qt and without torch."""
