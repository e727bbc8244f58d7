"""A training that a page watches and steers, in a process of its own: python -m inkling.training.lab_worker"""
