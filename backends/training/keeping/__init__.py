"""What is kept of a training: checkpoints to go on from, its result, and how that was made."""
