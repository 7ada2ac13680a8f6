"""What the folders of models are: recognised, on which drive, how large."""
