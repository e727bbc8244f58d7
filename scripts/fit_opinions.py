"""Fit the classifier's weight relative to the line network, and a row's `sure_at`; write both to the manifest.

    python -m scripts.fit_opinions [--dry-run]

The manifest is that of the line network. Run the command again whenever the packaged `line` or `cnn` is replaced.
Pictures are drawn as for the benchmark `paper`, with another seed and MNIST's validation digits. `sure_at` is fitted on
synthetic lines, as when the network is exported.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import asdict

import click
import cv2
import numpy as np

from benchmarks.common import Digits, mnist_digits
from benchmarks.rendering.paper_sets import SETS
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.decode import ImageSource
from inkling.training import export, model_card, recipe
from inkling.training.calibrate_lines import fit_sure_at
from inkling.training.fit_opinions import choices, fit_weights
from inkling.training.line_task import N_PICTURES
from inkling.training.synthetic_lines.handwriting import DigitImages

SEED = 121  # differs from the benchmark's seed
COUNTS = {"ruled": 60, "boxes": 12, "signs": 20, "forms": 40, "plain": 25}  # pictures of each kind


def pictures(digits: Digits, counts: dict[str, int]) -> Iterator[tuple[ImageSource, str]]:
    """Yield pictures of one row each, with their digits."""
    for name, n in counts.items():
        for kind, draw in SETS[name].items():
            for i in range(n):
                picture = draw(digits, np.random.default_rng((SEED, zlib.crc32(f"{name}/{kind}".encode()), i)), i)
                if "\n" not in picture.text:
                    yield picture.image, picture.text


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the numbers without changing the manifest.")
def main(*, dry_run: bool) -> None:
    """Print the numbers and write them."""
    cv2.setNumThreads(1)
    line, digits = registry.line_recognizer(), mnist_digits("validation")
    rows = choices(line, pictures(digits, COUNTS))
    weights = asdict(fit_weights(rows))
    click.echo(f"{len(rows)} rows in doubt: {weights}")
    judged = Bundle(line.path, {**line.manifest, "second_opinion": weights})
    texts = recipe.find(line.name).texts
    sure_at = fit_sure_at(judged, DigitImages(*digits), texts, n=N_PICTURES, seed=0)
    click.echo(f"sure_at {line.sure_at} -> {sure_at}")
    if not dry_run:
        fitted = Bundle(line.path, {**judged.manifest, "sure_at": sure_at})
        export.write_manifest(fitted)
        model_card.write(fitted)


if __name__ == "__main__":
    main()
