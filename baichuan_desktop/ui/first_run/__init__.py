"""The first minute: language, what this machine can run, which model, the first chat."""
