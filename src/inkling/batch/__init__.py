"""Reading many pictures, with what is known about their numbers."""
