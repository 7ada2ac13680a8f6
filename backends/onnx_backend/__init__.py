"""Exports for ONNX Runtime: makes the graph, writes an export, checks one, and runs it."""
