"""What a person has a say in before a model is loaded: its licence, and that it is damaged."""
