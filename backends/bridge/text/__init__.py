"""Text on its way in and out: the tokenizer for transformers, conversations, `chat`."""
