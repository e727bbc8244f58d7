"""Commands that measure inkling. Run them from the repository's root; see README.md."""
