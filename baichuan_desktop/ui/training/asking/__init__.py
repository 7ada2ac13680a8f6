"""What a person chooses of a training: model, data, settings, where the result goes."""
