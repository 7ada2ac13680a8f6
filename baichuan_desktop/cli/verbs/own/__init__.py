"""Verbs of what is one's own: conversations, presets, backups."""
