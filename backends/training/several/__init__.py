"""Several processes that share a training, on this machine and on others."""
