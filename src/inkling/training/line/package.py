"""Ships a trained network that reads strips: python -m inkling.training.line.package RUN

It is judged on strips of MNIST's test digits, once, and takes the place of the one in `inkling/models/bundles/line/`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from inkling.errors import InklingError
from inkling.models import bundle, registry
from inkling.models.bundle import Bundle
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.normalize import SIDE
from inkling.training.data.mnist import Mnist, load_mnist
from inkling.training.line import card
from inkling.training.line.export import write_manifest
from inkling.training.line.synthetic_lines import exact, judged_strips

MNIST_TEST = "mnist-test"


def package(run: Path, mnist: Mnist, *, into: Path = registry.PACKAGED / registry.LINE) -> Bundle:
    """Copies the bundle of `run` to `into`, with its scores on strips of the test digits. Raises BadBundle."""
    source = bundle.open_bundle(run / "bundle", keys=("name", "version"))
    manifest = json.loads(json.dumps(source.manifest))
    if MNIST_TEST not in manifest["scores"]:
        network = LiteRTModel(source.model_bytes(), source.model_path, shape=(SIDE, -1))
        manifest["scores"][MNIST_TEST] = exact(network, judged_strips(mnist.x_test, mnist.y_test, seed=0))
    into.mkdir(parents=True, exist_ok=True)
    for name in ("model.tflite", "model.keras"):
        shutil.copyfile(source.path / name, into / name)
    write_manifest(into, manifest)
    packaged = bundle.open_bundle(into, keys=("name", "version"))
    card.write(packaged)
    return packaged


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def main(run: Path) -> None:
    """Packages RUN and prints its scores."""
    try:
        packaged = package(run, load_mnist())
    except InklingError as error:
        raise SystemExit(f"package: {error}") from error
    shares = packaged.manifest["scores"][MNIST_TEST]
    of_each = ", ".join(f"{n}: {share:.1%}" for n, share in shares.items())
    click.echo(f"{packaged.path}: version {packaged.version}; strips of test digits read exactly, by digits: {of_each}")


if __name__ == "__main__":
    main()
