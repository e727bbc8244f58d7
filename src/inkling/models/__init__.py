"""Bundles: their contents, and finding one by name."""
