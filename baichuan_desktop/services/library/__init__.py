"""The models that are known, and those on this machine."""
