"""Runs Baichuan checkpoints: from files on disk to text, without any user interface.

Importing this package, or any module of it outside of `modeling` and the backends themselves,
imports no torch.
"""
