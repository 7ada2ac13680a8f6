"""Parts of a model that take less of a card's memory, and compute in 16 bit all the same."""
