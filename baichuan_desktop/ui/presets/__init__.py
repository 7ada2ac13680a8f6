"""Presets: the button at the message, the fields of a template, the dialog that manages them."""
