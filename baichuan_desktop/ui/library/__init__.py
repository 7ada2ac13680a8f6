"""The page of models: which there are, where they lie, what is known of them and can be done."""
