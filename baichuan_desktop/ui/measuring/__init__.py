"""The dialogs that measure speed and quality."""
