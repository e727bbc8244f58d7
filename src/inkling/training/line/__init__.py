"""The network that reads touching digits as a whole, with which the road compares the ways to cut them.

START HERE: `strips` makes what it learns from, `network` is its layers and its loss, `train` the command.
"""
