"""The HTTP API: a module per route."""
