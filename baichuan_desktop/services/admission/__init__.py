"""What must be so before a model is loaded, besides that the machine can run it."""
