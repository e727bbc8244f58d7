"""What people call a network: "Best reader", not `cnn`. Names stay the ids of commands, addresses and the API."""

from __future__ import annotations

from inkling.models.bundle import Bundle
from inkling.models.registry import LINE, is_packaged

TITLES = {
    "cnn": "Best reader",
    "ann": "Well-trained network",
    "ann-dropout": "Dropout network",
    "ann-tutorial": "Tutorial network",
    LINE: "Row reader",
}


def title_of(bundle: Bundle) -> str:
    """A packaged network's title; of another one, its manifest's `title`, or else its name."""
    if is_packaged(bundle):
        return TITLES.get(bundle.name, bundle.name)
    return str(bundle.manifest.get("title") or bundle.name)
