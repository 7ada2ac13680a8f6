"""The curve of a training: as many points as are seen, drawn in the window and into files."""
