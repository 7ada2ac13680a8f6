"""The commands, one file each: `add_to` gives a parser its arguments and what it runs."""
