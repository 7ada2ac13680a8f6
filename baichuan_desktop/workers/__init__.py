"""The only code that knows threads: from generators of events to Qt signals."""
