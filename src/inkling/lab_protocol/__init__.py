"""What a page and a training process have agreed upon. See README.md."""
