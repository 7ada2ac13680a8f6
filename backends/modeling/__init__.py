"""The Baichuan architecture on torch: its modules, its KV cache, and loading its weights."""
