"""Searching the settings of a recipe: many trials, the hopeless stopped early, the best kept."""
