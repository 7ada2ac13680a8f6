"""Facts in, decision out: which backend, precision and devices, and the bytes they need."""
