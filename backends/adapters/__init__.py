"""Adapters that change what a model answers: what their folders hold, and which model they fit."""
