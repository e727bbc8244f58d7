"""Run with: python -m inkling"""

from inkling.cli import main

main()
