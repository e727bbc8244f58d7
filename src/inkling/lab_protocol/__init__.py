"""The interface between the web server and the training process. See README.md."""
