"""What lies over the page: the model, what happens now, remarks."""
