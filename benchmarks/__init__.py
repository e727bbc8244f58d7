"""Commands that measure inkling, each run from the repository's root as README.md says."""
