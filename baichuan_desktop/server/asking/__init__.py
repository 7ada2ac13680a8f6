"""Asking the desk, and telling a client what comes of it while it listens."""
