"""Completion in shells: scripts that are made of the commands themselves."""
