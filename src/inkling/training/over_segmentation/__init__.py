"""Rows of digits cut into pieces, from which the packaged `cnn` has learned: see README.md."""
