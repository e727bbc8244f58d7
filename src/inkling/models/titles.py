"""Display titles of networks: "Best reader", not `cnn`. Commands, URLs and the API use the names."""

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
    """A packaged network's title; for any other network, its manifest's `title`, or else its name."""
    if is_packaged(bundle):
        return TITLES.get(bundle.name, bundle.name)
    return str(bundle.manifest.get("title") or bundle.name)
