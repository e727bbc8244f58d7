"""Over-segmentation: cut touching digits at candidate places and rank the segmentations. START HERE: ranking.py."""
