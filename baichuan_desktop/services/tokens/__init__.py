"""How many tokens a text is for a model, counted in a process of its own."""
