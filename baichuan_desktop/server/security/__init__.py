"""Who may ask, and in which form: names of this machine, origins of pages, the key, headers."""
