"""What the terminal asks a model: what a person says in a chat, and documents that go with it."""
