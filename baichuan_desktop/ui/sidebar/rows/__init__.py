"""The rows of the list: which there are, in what order, how they are drawn and moved."""
