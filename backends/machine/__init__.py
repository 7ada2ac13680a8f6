"""What this machine has and what of it may be used, as plain facts."""
