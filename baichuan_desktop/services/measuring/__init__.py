"""Speed and quality at every precision, in rows."""
