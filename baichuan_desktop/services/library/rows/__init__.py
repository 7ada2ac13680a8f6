"""The list of models as a person looks through it: which rows there are, and what can be done."""
