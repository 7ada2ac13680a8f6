"""Files and folders that a person chooses: with the dialog of the desktop where it has one."""
