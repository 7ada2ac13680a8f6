"""What there is: in the file, and in the file together with what is in memory."""
