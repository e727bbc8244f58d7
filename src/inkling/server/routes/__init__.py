"""The HTTP API: one module per route."""
