"""What over-segmentation learns from: rows written by code, their pieces, and the costs of cutting."""
