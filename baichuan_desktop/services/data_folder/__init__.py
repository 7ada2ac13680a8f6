"""Where the folder of what a person wrote lies, and how it is moved."""
