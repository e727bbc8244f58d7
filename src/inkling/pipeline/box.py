"""Boxes in images."""

Box = tuple[int, int, int, int]  # x, y, w, h in pixels of the upright image; x to the right, y down


def inside(box: Box, size_wh: tuple[int, int]) -> Box:
    """The part of a box that is inside an image; at least one pixel."""
    (x, y, w, h), (w_image, h_image) = box, size_wh
    left, top = min(max(x, 0), w_image - 1), min(max(y, 0), h_image - 1)
    return left, top, max(1, min(x + w, w_image) - left), max(1, min(y + h, h_image) - top)
