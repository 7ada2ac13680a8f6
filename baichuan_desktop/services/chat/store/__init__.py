"""Conversations that last: a file of SQLite, the thread that writes it, what waits for it."""
