"""Watches that tell the window of changes elsewhere: on drives, in the store, by who is served."""
