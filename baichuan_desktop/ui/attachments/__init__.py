"""Documents that go with a message: attached, shown, looked into, and what of them is given."""
