"""What other programs and browsers are served with: models, turns, a key and a log; no network."""
