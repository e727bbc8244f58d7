"""Metrics of the service, in memory that its workers share, and their text for Prometheus."""
