"""Commands that measure inkling; README.md lists them. Run them from the repository's root: python -m
benchmarks.X.Y.
"""
