"""The web app and the HTTP API. START HERE: app.py."""
