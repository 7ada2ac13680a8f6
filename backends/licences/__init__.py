"""The licences that go with a model and its copies."""
