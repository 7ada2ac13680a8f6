"""What is known of a row, as titled groups of names and values."""
