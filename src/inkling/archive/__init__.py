"""Reading archives: see run.py and README.md."""
