"""How somebody without weights gets them: what each model takes, and by which commands."""
