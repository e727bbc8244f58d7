"""inkling train: train a network from a recipe into a run folder."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inkling.errors import BadBundle, BadRecipe
from inkling.models.bundle import MNIST_TEST, Bundle
from inkling.models.registry import find_network

if TYPE_CHECKING:
    from inkling.training.recipe import Recipe
    from inkling.training.train import Callbacks


HARDLY_CHANCE = 0.2  # accuracy below which a classifier for ten digits has not learned anything


@click.command("train")
@click.argument("recipe", required=False, metavar="NAME_OR_TOML")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one parameter of the recipe.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder (default: runs/NAME-<time>).")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the run in this folder.")
@click.option(
    "--callback", "callbacks", multiple=True, metavar="NAME", help="Also use this callback from keras.callbacks."
)
@click.option("--tensorboard", type=click.Path(path_type=Path), metavar="FOLDER", help="Write logs for TensorBoard.")
@click.option(
    "--mlflow", metavar="URI", help="Log to MLflow: a server's address or a database, such as sqlite:///mlflow.db."
)
@click.option("--run-code", is_flag=True, help="Allow running the Python file that defines the recipe's architecture.")
@click.option("--like", metavar="MODEL_OR_RUN", help="Repeat the training of this network from its recipe.")
@click.option(
    "--test", "score_test", is_flag=True, help="Also evaluate on MNIST's test images; the manifest counts this."
)
@click.option("--explain", is_flag=True, help="List all parameters of a recipe, without training.")
def command(
    recipe: str | None,
    *,
    overrides: tuple[str, ...],
    out: Path | None,
    resume: Path | None,
    callbacks: tuple[str, ...],
    tensorboard: Path | None,
    mlflow: str | None,
    run_code: bool,
    like: str | None,
    score_test: bool,
    explain: bool,
) -> None:
    """Train a network from a recipe and export it as a bundle.

    NAME_OR_TOML is a packaged recipe (ann-tutorial, ann, ann-dropout, cnn, cnn-small, line, tiny) or your own file. The
    network is evaluated on held-back training images. Use the test images only for the final evaluation, after all
    decisions.

    \b
    Example:
      inkling train ann-tutorial
      inkling train cnn --set epochs=10 --set augmentation.rotation=20 --out runs/mine
      inkling train --resume runs/mine
      inkling train --like ann-tutorial
      inkling train my_net.toml --run-code

    At the end, --like reports whether the weights are the same, and if not, what differs: library versions, the images
    of the first epoch, the processor or the number of threads. If the weights differ, the exit status is 1.
    """
    from inkling.training import keras_callbacks, own_architecture, train
    from inkling.training.architectures import is_own
    from inkling.training.data.mnist import load_mnist
    from inkling.training.keras_setup import device, has_bfloat16
    from inkling.training.recipe import stages_of

    if explain:
        _print_parameters()
        return
    original = _original(like, recipe, overrides) if like else None
    if resume:
        chosen, folder = _resumed(recipe, overrides, out, resume)
    else:
        chosen, folder = _new(recipe, overrides, out, original)
    if is_own(chosen.architecture):
        if not run_code:
            raise BadRecipe(
                f"architecture is {chosen.architecture!r}, which is Python code that runs with all your permissions; "
                "expected --run-code. Check the file, then add --run-code."
            )
        chosen = own_architecture.load(chosen, original.path if original else _code_folder(recipe, overrides, resume))
    elif run_code:
        raise BadRecipe(f"--run-code is given, but {chosen.architecture!r} is part of inkling. Leave out --run-code.")
    mnist = load_mnist()
    console = Console(stderr=True)
    console.print(f"{chosen.name} -> {folder}")
    console.print(f"TensorFlow computes on: {device()}", highlight=False)
    if not has_bfloat16() and any(stage.precision == "bfloat16" for stage in stages_of(chosen)):
        console.print("It has no bfloat16 instructions, so the layers compute in float32.", highlight=False)
    flags = (
        (" --run-code" if run_code else "") + (f" --like {like}" if like else "") + (" --test" if score_test else "")
    )
    with _stops_said(f"inkling train --resume {folder}{flags}"):
        given = [keras_callbacks.from_text(text) for text in callbacks]
        given += [keras_callbacks.tensorboard(tensorboard)] if tensorboard else []
        given += [keras_callbacks.mlflow(mlflow, chosen)] if mlflow else []
        with _bar(console) as bar, keras_callbacks.bridge(given, _callbacks(bar, console)) as hooks:
            train.train(chosen, mnist, folder, score_test=score_test, callbacks=hooks)
    _print_result(folder)
    if original:
        _compare(original, find_network(folder))


def _resumed(recipe: str | None, overrides: tuple[str, ...], out: Path | None, folder: Path) -> tuple[Recipe, Path]:
    from inkling.training.recipe import find

    if overrides or out:
        raise BadRecipe("--resume continues with the run's own recipe and folder. Leave out --set and --out.")
    if not (folder / "recipe.toml").is_file():
        raise BadRecipe(
            f"{folder} has no recipe.toml; expected a run folder from inkling train. Choose another folder."
        )
    chosen = find(folder / "recipe.toml")
    if recipe not in (None, chosen.name):
        raise BadRecipe(f"{folder} is a run of {chosen.name!r}, not of {recipe!r}. Leave out the name.")
    return chosen, folder


def _new(
    recipe: str | None, overrides: tuple[str, ...], out: Path | None, original: Bundle | None
) -> tuple[Recipe, Path]:
    from inkling.training.recipe import find, from_table

    if recipe is None and original is None:
        raise BadRecipe("no recipe is given; expected one, or --resume with a run folder. See: inkling train --help")
    chosen = from_table(original.manifest["recipe"]) if original else find(str(recipe), overrides)
    folder = out or Path("runs") / f"{chosen.name}-{datetime.now():%Y%m%d-%H%M%S}"
    if (folder / "recipe.toml").exists():
        raise BadRecipe(f"{folder} already contains a run. Continue it with --resume, or choose another --out.")
    if folder.is_dir() and any(folder.iterdir()):
        raise BadRecipe(f"{folder} is not empty; expected a new or empty folder. Choose another --out.")
    return chosen, folder


def _code_folder(recipe: str | None, overrides: tuple[str, ...], resume: Path | None) -> Path:
    """The folder to which an architecture's file name is relative: that of the recipe, or the working folder."""
    if resume is not None:
        return resume
    set_here = any(override.partition("=")[0].strip() == "architecture" for override in overrides)
    return Path() if set_here else Path(str(recipe)).parent


def _print_parameters() -> None:
    from rich.table import Table

    from inkling.training import parameter_table

    table = Table(*parameter_table.HEADINGS, box=None, pad_edge=False)
    for row in parameter_table.rows():
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)


def _original(like: str, recipe: str | None, overrides: tuple[str, ...]) -> Bundle:
    """The bundle to repeat. Raises BadBundle if it has no recipe, and BadRecipe if another recipe is given."""
    if recipe or overrides:
        raise BadRecipe("--like repeats the recipe of a network. Leave out the other recipe and --set.")
    found = find_network(like)
    if "recipe" not in found.manifest:
        raise BadBundle(
            f"{found.path} has no recipe in its manifest; expected a bundle trained by inkling. Choose another."
        )
    return found


def _compare(original: Bundle, repeated: Bundle) -> None:
    """Print whether repeating the training produced the same weights. Exits with status 1 if it did not."""
    from inkling.training.reproducibility import first_difference

    if repeated.version == original.version:
        return click.echo(f"the weights are the same as those of {original.path}")
    why = first_difference(original, repeated)
    click.echo(f"the weights differ from version {original.version} of {original.path}; reason: {why}", err=True)
    raise SystemExit(1)


@contextmanager
def _stops_said(go_on: str) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block with a message about how to continue, and with their usual exit status."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except SystemExit:
        click.echo(f"inkling: stopped; continue with: {go_on}", err=True)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("epoch {task.fields[epoch]}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    return Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[scores]}"), console=console)


def _callbacks(bar: Progress, console: Console) -> Callbacks:
    from inkling.training.train import Callbacks

    task = bar.add_task("", total=None, epoch="", scores="starting TensorFlow")
    trained = validated = ""
    epochs_in_all = 0

    def on_start(done: int, epochs: int) -> None:
        nonlocal epochs_in_all
        epochs_in_all = epochs
        bar.update(task, total=epochs, completed=done, epoch=f"{min(done + 1, epochs)}/{epochs}", scores="")

    def on_step(done: int, steps: int, logs: dict[str, float]) -> None:
        nonlocal trained
        trained = _scores(logs)
        bar.update(task, completed=epochs_in_all * done / steps, scores=f"{trained}{validated}")

    def on_epoch(metrics: dict[str, float]) -> None:
        nonlocal validated
        validated = f"  validation {metrics['val_accuracy']:.2%}  {metrics['val_loss']:.4f}"
        epoch = int(metrics["epoch"])
        bar.update(
            task, completed=epoch, scores=trained + validated, epoch=f"{min(epoch + 1, epochs_in_all)}/{epochs_in_all}"
        )
        console.print(
            f"epoch {epoch:>3}  {_scores(metrics)}{validated}  {metrics['seconds']:.1f} s",
            highlight=False,
        )

    return Callbacks(on_start, on_step, on_epoch)


def _scores(logs: dict[str, float]) -> str:
    accuracy = (
        f"accuracy {logs['accuracy']:.2%}  " if "accuracy" in logs else ""
    )  # a line recognizer logs only the loss
    return f"{accuracy}loss {logs.get('loss', 0):.4f}"


def _print_result(folder: Path) -> None:
    found = find_network(folder)
    manifest = found.manifest
    for name, scores in manifest["scores"].items():
        if "auroc" in scores:
            click.echo(f"{name}: AUROC {scores['auroc']:.4f} against digits, {scores['n_others']:,} images")
            continue
        low, high = scores["accuracy_95"]
        looks = f", uses of the test images: {found.test_looks}" if name == MNIST_TEST else ""
        click.echo(f"{name}: {scores['accuracy']:.2%} of {scores['n']:,} right (95 %: {low:.2%} to {high:.2%}){looks}")
    click.echo(f"{folder / 'bundle'}: {manifest['parameters']:,} parameters, version {manifest['version']}")
    right = manifest["scores"].get("mnist-validation", {}).get("accuracy", 1.0)  # a line recognizer has no such score
    if right < HARDLY_CHANCE:
        click.echo(
            f"inkling: the network reads {right:.1%} of the validation images correctly, hardly better than chance "
            "(10 %). Lower learning_rate, or train for more epochs.",
            err=True,
        )
        raise SystemExit(1)
