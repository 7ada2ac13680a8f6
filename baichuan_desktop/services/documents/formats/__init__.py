"""How each format of documents becomes text: bytes in, nothing executed, nothing else opened."""
