"""Bundles: what they hold, and how one is found by name."""
