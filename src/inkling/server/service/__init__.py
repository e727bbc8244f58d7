"""What the routes use to read: readers, their limits, and a model's published reports."""
