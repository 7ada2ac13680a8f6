"""What of a conversation the next prompt is made of, and how much of the context it takes."""
