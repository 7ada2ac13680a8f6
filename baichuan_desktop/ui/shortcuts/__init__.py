"""Every shortcut of the window, in one table; the sheet that lists them; what Esc ends."""
