"""The context, made visible: what takes it, what is left out, the exact prompt."""
