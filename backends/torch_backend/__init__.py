"""Backends on PyTorch: the processor, CUDA, bitsandbytes."""
