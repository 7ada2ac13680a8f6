"""Documents that go with a message: what a file holds as text, and which parts of it are given."""
