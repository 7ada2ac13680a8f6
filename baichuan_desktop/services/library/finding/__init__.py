"""Models on this computer that are not listed: caches, folders, media."""
