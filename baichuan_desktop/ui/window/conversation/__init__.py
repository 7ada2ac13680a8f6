"""What lies around the open conversation, joined with its page and with the window."""
