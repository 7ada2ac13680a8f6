"""Conversations exported, printed and imported: the dialogs, and pages of paper."""
