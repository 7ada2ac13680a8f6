"""The steps of a training: batches, the optimiser, evaluation, and what of it is kept and told."""
