"""Hyperparameter search: many trials of a recipe, early stopping of those that fall behind. See README.md."""
