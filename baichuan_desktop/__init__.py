"""Baichuan Desktop: the open Baichuan models on a person's own machine, without any network."""

__version__ = "0.1.0"
