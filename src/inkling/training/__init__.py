"""Where a network learns: data, recipes, training, scores and export to a bundle. Optional at run time."""
