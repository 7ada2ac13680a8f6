"""What requests may say: OpenAI's fields, checked before anything waits or is computed."""
