"""Commands that check, measure, or write files of the project."""
