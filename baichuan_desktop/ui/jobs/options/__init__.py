"""What a person chooses of a job that writes a folder: what is made, of what, and where."""
