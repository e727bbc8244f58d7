"""Metrics of the service, in memory shared by its workers, and their export to Prometheus."""
