"""Training: data, recipes, the training loop, scores and export to a bundle. Not needed to read images."""
