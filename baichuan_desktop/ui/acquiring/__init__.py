"""How a model comes into the library: found on this machine, imported, or fetched elsewhere."""
