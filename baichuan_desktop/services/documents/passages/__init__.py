"""Passages of a document, and which of them a question is about."""
