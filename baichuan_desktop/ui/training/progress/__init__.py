"""A training that runs, was stopped, or is done."""
