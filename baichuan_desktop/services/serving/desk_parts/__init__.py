"""What a desk with models of its own is made of: its list, what is in memory, when that is idle."""
