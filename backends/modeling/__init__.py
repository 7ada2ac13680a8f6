"""The Baichuan architecture: its configuration (no torch), its modules, its KV cache."""
