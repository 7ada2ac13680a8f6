"""Markdown as values: what a message says and how, without Qt and without any HTML in it."""
