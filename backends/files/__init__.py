"""Files of strangers, parsed strictly: nothing in them runs, and what they cost is bounded."""
