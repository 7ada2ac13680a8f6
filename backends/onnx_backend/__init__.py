"""Exports for ONNX Runtime: the graph, writing one, running one."""
