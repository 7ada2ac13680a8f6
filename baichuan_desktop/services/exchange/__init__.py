"""Conversations in and out: what other programs exported is read, and what is here is written."""
