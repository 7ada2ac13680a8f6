"""How much of the documents of a question is given: the whole text if it fits, else passages."""
