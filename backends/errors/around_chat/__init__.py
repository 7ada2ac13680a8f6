"""Errors of what stands around a conversation: presets and the like."""
