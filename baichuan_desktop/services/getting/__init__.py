"""How somebody without weights gets them, onto another machine and then here."""
