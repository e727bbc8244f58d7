"""Batch reading: archives on one machine or a Ray cluster, CSV tables, and a review page."""
