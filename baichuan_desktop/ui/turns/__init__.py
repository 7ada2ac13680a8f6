"""Questions and answers on their way, and how they are shown."""
