"""Read many images: archives on one machine or a Ray cluster, tables, and a page for review."""
