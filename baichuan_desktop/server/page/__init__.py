"""The page that a browser shows, built beforehand, and how it is served."""
