"""Constraints on a number, and the most probable text that satisfies them. START HERE: constraints.py."""
