"""What of a training is checked by facts of the machine alone: its libraries, its cards."""
