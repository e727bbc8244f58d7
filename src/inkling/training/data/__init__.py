"""MNIST: loaded, checked, split, fetched."""
