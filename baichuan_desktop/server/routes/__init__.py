"""What is served under which path: one module for what belongs together."""
