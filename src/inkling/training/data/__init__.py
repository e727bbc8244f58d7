"""MNIST: download, verify, load and split it."""
