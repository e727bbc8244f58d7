"""What is counted about the service, in memory that its workers share, and how it is told to Prometheus."""
