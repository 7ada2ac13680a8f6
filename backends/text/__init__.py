"""Text to ids and back: tokenizer, detokenizer, prompt format."""
