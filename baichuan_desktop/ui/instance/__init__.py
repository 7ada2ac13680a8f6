"""One window for each home of the app: a second start asks the first to come to the front."""
