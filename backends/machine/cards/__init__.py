"""The NVIDIA cards of this machine, as their driver tells of them and as CUDA numbers them."""
