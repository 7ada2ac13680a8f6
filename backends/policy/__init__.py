"""What the administrator of this machine allows; window, terminal and engine obey it."""
