"""One file for everything of a person's own: made, verified, and merged into what is here."""
