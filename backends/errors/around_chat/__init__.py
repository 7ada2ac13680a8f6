"""Errors of what stands around a conversation: the file of all of them, presets and the like."""
