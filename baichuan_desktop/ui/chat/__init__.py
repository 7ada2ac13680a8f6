"""The page on which a person chats."""
