"""The commands: everything a window can do, in a terminal."""
