"""What the web server and the training process have agreed upon. See README.md."""
