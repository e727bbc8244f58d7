"""inkling export: write a network in a format for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from inkling.models import registry

FORMATS = ("onnx", "saved_model", "tflite", "keras")  # as in training.other_formats, which is slow to import


@click.command("export")
@click.argument("model", metavar="MODEL_OR_RUN")
@click.option("--to", "name", type=click.Choice(FORMATS), required=True, help="The format.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[FOLDER]")
def command(model: str, name: str, folder: Path) -> None:
    """Export a network to another format, and verify the result.

    MODEL_OR_RUN is a packaged model, a bundle or a run folder. The file is named after the model. The exported network
    is run in the runtime of its format; nothing is written if its probabilities differ from the model's by more than
    0.0001.

    \b
    Examples:
      inkling export cnn --to onnx exported
      inkling export runs/mine --to saved_model exported
    """
    from inkling.training.other_formats import export_as

    bundle = registry.find_network(model)
    made = export_as(name, bundle, folder)
    shape = ", ".join("width" if side is None else str(side) for side in bundle.manifest["input"]["shape"])
    click.echo(f"{made.path}: {made.n_bytes / 1e6:.1f} MB, maximum difference {made.difference:.2g} on {made.compared}")
    click.echo(f"input (N, {shape}) float32: {bundle.manifest['input']['meaning']}")
    click.echo(f"output: probabilities of {', '.join(bundle.manifest['classes'])}; without temperature scaling")
