"""A field for text of any length: pastes of a megabyte, input methods, Enter that sends."""
