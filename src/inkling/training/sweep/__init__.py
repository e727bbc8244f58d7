"""Hyperparameter search: many trials of a recipe, with early stopping of weak ones. See README.md."""
