"""Every command of the window, with its keys, and what the commands for text do."""
