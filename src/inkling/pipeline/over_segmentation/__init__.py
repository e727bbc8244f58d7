"""Touching digits cut at candidate places, and the cuts ranked: over-segmentation."""
