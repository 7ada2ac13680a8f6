"""What lies in a model's folder, and whether it is whole and agrees with itself."""
