"""From a prompt's ids to an answer: prefill and tokens, and above them text and events."""
