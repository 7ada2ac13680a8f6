"""The adapters that are listed: for which models, how they are called, what made them."""
