"""Rows of the file from values, and values from rows, whatever stands in them."""
