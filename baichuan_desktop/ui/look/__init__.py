"""Colours, fonts, icons, language."""
