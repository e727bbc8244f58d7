"""inkling sweep: a hyperparameter search for a recipe."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from inkling.errors import BadRecipe

if TYPE_CHECKING:
    from inkling.training.sweep.plan import SweepPlan
    from inkling.training.sweep.study import Study, SweepCallbacks, Trial
    from inkling.training.sweep.sweep import Outcome

UNITS_S = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def _parse_duration(ctx: click.Context, param: click.Parameter, value: str | None) -> float:
    """Convert a duration such as 90, 90s, 20m or 2h to seconds; None gives 0."""
    if value is None:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|)", value.strip())
    if found is None or not float(found[1]):
        raise click.BadParameter(f"{value!r} is not a duration; expected one such as 90s, 20m or 2h.", ctx, param)
    return float(found[1]) * UNITS_S[found[2]]


@click.command("sweep")
@click.argument("recipe", required=False, metavar="NAME_OR_TOML")
@click.option("--space", "space_name", metavar="NAME_OR_TOML", help="The search space (default: the packaged one).")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Fix one parameter for all trials.")
@click.option("--out", type=click.Path(path_type=Path), help="The sweep's folder (default: runs/sweep-NAME-<time>).")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the sweep in this folder.")
@click.option("--trials", type=click.IntRange(1, 100_000), help="Total number of trials (default: 20).")
@click.option("--judge", type=click.Choice(["loss", "accuracy"]), help="The validation score to use (default: loss).")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of the search (default: 0).")
@click.option(
    "--time-limit",
    "time_limit_s",
    metavar="TIME",
    callback=_parse_duration,
    help="Stop after this time, as in 20m or 2h.",
)
@click.option("--cores", type=click.IntRange(1), default=1, show_default=True, help="Cores per trial.")
@click.option("--at-once", type=click.IntRange(1), help="Concurrent trials (default: as many as the cores allow).")
@click.option("--cluster", default="", metavar="auto|HOST:PORT", help="A Ray cluster (default: this machine).")
@click.option("--test", "score_test", is_flag=True, help="Evaluate the best network once on the test images.")
def command(
    *,
    recipe: str | None,
    space_name: str | None,
    overrides: tuple[str, ...],
    out: Path | None,
    resume: Path | None,
    trials: int | None,
    judge: str | None,
    seed: int | None,
    time_limit_s: float,
    cores: int,
    at_once: int | None,
    cluster: str,
    score_test: bool,
) -> None:
    """Search for the best hyperparameters of a recipe.

    Each trial trains the recipe with different hyperparameters; unpromising trials are stopped early. Trials are
    compared on held-back training images, never on the test images. The results are the best recipe, its bundle and a
    report.

    \b
    Example:
      inkling sweep ann-tutorial
      inkling sweep ann --space mine.toml --set epochs=30 --trials 40 --time-limit 2h --out runs/better
      inkling sweep --resume runs/better --trials 60
      inkling train runs/better/best.toml
    """
    from inkling.training.data.mnist import load_mnist
    from inkling.training.sweep import plan as plans
    from inkling.training.sweep import sweep

    resources = plans.Resources(cluster, cores, at_once or 0, time_limit_s)
    if resume is not None:
        if recipe or space_name or overrides or out or judge or seed is not None:
            raise BadRecipe(
                "--resume continues with the sweep's own plan; only --trials may be changed, to a larger number."
            )
        folder, plan, space_text = resume, plans.load(resume), ""
        if trials is not None and trials < plan.trials:
            raise BadRecipe(
                f"--trials is {trials}; {resume} has {plan.trials} trials; expected at least as many. Raise it."
            )
        plan = replace(plan, trials=trials or plan.trials)
    else:
        plan, space_text = _new_plan(recipe, space_name, overrides, trials=trials, judge=judge, seed=seed)
        folder = out or Path("runs") / f"sweep-{plan.recipe.name}-{datetime.now():%Y%m%d-%H%M%S}"
    sweep.check(resources)
    mnist = load_mnist()
    if resume is None:
        plans.create(folder, plan, space_text)
    else:
        plans.save(folder, plan)
    console = Console(stderr=True)
    console.print(f"{plan.recipe.name}: {', '.join(each.name for each in plan.space)} -> {folder}", highlight=False)
    columns = (TextColumn("{task.fields[what]}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[scores]}"))
    try:
        with Progress(*columns, console=console) as bar:
            display = ProgressDisplay(bar, plan)
            outcome = sweep.run_sweep(
                plan,
                folder,
                mnist,
                resources,
                score_test=score_test,
                callbacks_for=display.callbacks_for,
                tell=display.tell,
            )
    except KeyboardInterrupt:
        click.echo(f"inkling: stopped; continue with: inkling sweep --resume {folder}", err=True)
        raise SystemExit(130) from None
    _print_result(outcome, plan, folder, score_test=score_test)


def _new_plan(
    recipe: str | None,
    space_name: str | None,
    overrides: tuple[str, ...],
    *,
    trials: int | None,
    judge: str | None,
    seed: int | None,
) -> tuple[SweepPlan, str]:
    """The checked plan of a new sweep, and the text of its search space."""
    from inkling.training.recipe import find
    from inkling.training.sweep import plan as plans
    from inkling.training.sweep import search_space

    if recipe is None:
        raise BadRecipe("no recipe is given; expected one, or --resume with a folder. See: inkling sweep --help")
    chosen = plans.with_absolute_paths(find(recipe, overrides))
    path = search_space.find(space_name, chosen)
    objective: plans.Objective = "accuracy" if judge == "accuracy" else "loss"
    plan = plans.SweepPlan(chosen, search_space.read(path), trials or plans.N_TRIALS, seed or 0, objective)
    search_space.check(plan.space, chosen, objective)
    return plan, path.read_text("utf-8")


class ProgressDisplay:
    """Progress bars for the whole sweep and for each running trial, and a line for each completed trial."""

    def __init__(self, bar: Progress, plan: SweepPlan) -> None:
        self._bar, self._plan = bar, plan
        self._whole = bar.add_task("", total=plan.trials, what="", scores="")
        self._tasks: dict[int, TaskID] = {}  # by trial number
        self._study: Study | None = None

    def callbacks_for(self, study: Study) -> SweepCallbacks:
        """Callbacks that display the sweep. `study` contains the trials so far."""
        from inkling.training.sweep.study import SweepCallbacks

        self._study = study
        self._update_whole()
        return SweepCallbacks(self._begin, self._epoch, self._end)

    def tell(self, step: str) -> None:
        """Show the current step next to the bar."""
        self._bar.update(self._whole, scores=step or self._best())

    def _begin(self, number: int, params: dict[str, Any]) -> None:
        epochs = int(params.get("epochs", self._plan.recipe.epochs))
        text = escape(params_text(params))
        self._tasks[number] = self._bar.add_task("", total=epochs, what=f"trial {number}", scores=text)

    def _epoch(self, number: int, row: dict[str, float]) -> None:
        if number in self._tasks:
            self._bar.update(self._tasks[number], completed=row["epoch"], scores=scores_text(row))

    def _end(self, trial: Trial) -> None:
        if trial.number in self._tasks:
            self._bar.remove_task(self._tasks.pop(trial.number))
        if trial.state == "failed":
            result = f"[red]failed[/red]  {escape(trial.error)}"
        else:
            result = f"{trial.state:8}  {scores_text(trial.rows[-1])}"
        self._bar.console.print(
            f"trial {trial.number:>3}  {result}  [dim]{escape(params_text(trial.params))}[/dim]  {trial.seconds:.1f} s",
            highlight=False,
            soft_wrap=True,
        )
        self._update_whole()

    def _update_whole(self) -> None:
        total = self._plan.trials
        done = total - (self._study.n_left if self._study else 0)
        self._bar.update(self._whole, completed=done, what=f"trials {done}/{total}", scores=self._best())

    def _best(self) -> str:
        from inkling.training.sweep.results import final_row

        best = self._study.best() if self._study else None
        return f"best: {best.number}, {scores_text(final_row(self._plan, best))}" if best else ""


def scores_text(row: dict[str, float] | None) -> str:
    """The validation scores of an epoch, in the format of `inkling train`."""
    return f"validation {row['val_accuracy']:.2%}  {row['val_loss']:.4f}" if row else ""


def params_text(params: dict[str, Any]) -> str:
    """Hyperparameters on one line."""
    values = {name.rpartition(".")[2]: f"{v:.4g}" if isinstance(v, float) else v for name, v in params.items()}
    return "  ".join(f"{name}={value}" for name, value in values.items())


def _print_result(outcome: Outcome, plan: SweepPlan, folder: Path, *, score_test: bool) -> None:
    from inkling.models.registry import find as find_bundle
    from inkling.training.sweep.results import final_row

    if outcome.n_left:
        click.echo(f"inkling: out of time, {outcome.n_left} trials left: inkling sweep --resume {folder}", err=True)
    best = outcome.best
    if best is None:
        return
    counts = {state: sum(t.state == state for t in outcome.trials) for state in ("finished", "stopped", "failed")}
    click.echo(", ".join(f"{n} {state}" for state, n in counts.items() if n))
    click.echo(f"best: trial {best.number}, {scores_text(final_row(plan, best))}, {params_text(best.params)}")
    if score_test:
        scores = find_bundle(folder / "best").manifest["scores"]["mnist-test"]
        low, high = scores["accuracy_95"]
        click.echo(f"mnist-test: {scores['accuracy']:.2%} of {scores['n']:,} right (95 %: {low:.2%} to {high:.2%})")
    for path in (folder / "best.toml", folder / "best" / "bundle", folder / "report.html"):
        click.echo(path)
