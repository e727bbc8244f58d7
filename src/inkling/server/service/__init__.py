"""Readers, and what answers a request once its route is known."""
