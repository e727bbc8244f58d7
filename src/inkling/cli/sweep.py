"""inkling sweep: many trials of a recipe's settings -> the best recipe, its bundle and a page that compares them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from inkling.errors import BadRecipe

if TYPE_CHECKING:
    from inkling.training.sweep.plan import Plan
    from inkling.training.sweep.ray_tuner import Watcher
    from inkling.training.sweep.study import Study, Trial
    from inkling.training.sweep.sweep import Outcome

UNITS_S = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float:
    """90, 90s, 20m or 2h -> seconds; none -> 0."""
    if value is None:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|)", value.strip())
    if found is None or not float(found[1]):
        raise click.BadParameter(f"{value!r} is no time; expected as in 90s, 20m or 2h.", ctx, param)
    return float(found[1]) * UNITS_S[found[2]]


@click.command("sweep")
@click.argument("recipe", required=False, metavar="NAME_OR_TOML")
@click.option("--space", "space_name", metavar="NAME_OR_TOML", help="What may vary; otherwise as packaged for it.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Fix one parameter for all trials.")
@click.option("--out", type=click.Path(path_type=Path), help="The sweep's folder; otherwise runs/sweep-NAME-<time>.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with this folder; --trials may add to it.")
@click.option("--trials", type=click.IntRange(1, 100_000), help="How many, in all; 20.")
@click.option("--judge", type=click.Choice(["loss", "accuracy"]), help="By what, on the held-back digits; loss.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Of the search; 0.")
@click.option("--time-limit", "time_limit_s", metavar="TIME", callback=_seconds, help="Stop after, as in 20m or 2h.")
@click.option("--cores", type=click.IntRange(1), default=1, show_default=True, help="For each trial.")
@click.option("--at-once", type=click.IntRange(1), help="Trials at a time; otherwise as many as there are cores for.")
@click.option("--cluster", default="", metavar="auto|HOST:PORT", help="A Ray cluster; otherwise this machine.")
@click.option("--test", "score_test", is_flag=True, help="Judge the best on the test images, once, at the end.")
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
    """Search the settings with which a network learns best.

    Each trial trains by the recipe with other settings; those that fall behind are stopped early. They are judged on
    held-back training images, never on the test images. Out come the best recipe, its bundle and a report.

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
    from inkling.training.sweep.plan import Means

    means = Means(cluster, cores, at_once or 0, time_limit_s)
    if resume is not None:
        if recipe or space_name or overrides or out or judge or seed is not None:
            raise BadRecipe("--resume goes on with the sweep's own plan; only --trials may change, to more of them.")
        folder, plan, space_text = resume, plans.load(resume), ""
        if trials is not None and trials < plan.trials:
            raise BadRecipe(f"--trials is {trials}; {resume} is a sweep of {plan.trials}. Name as many or more.")
        plan = plans.with_trials(plan, trials or plan.trials)
    else:
        plan, space_text = _new(recipe, space_name, overrides, trials=trials, judge=judge, seed=seed)
        folder = out or Path("runs") / f"sweep-{plan.recipe.name}-{datetime.now():%Y%m%d-%H%M%S}"
    sweep.check(means)
    mnist = load_mnist()
    if resume is None:
        plans.make(folder, plan, space_text)
    else:
        plans.save(folder, plan)
    console = Console(stderr=True)
    console.print(f"{plan.recipe.name}: {', '.join(each.name for each in plan.space)} -> {folder}", highlight=False)
    try:
        with _bar(console) as bar:
            show = Show(bar, console, plan)
            outcome = sweep.sweep(plan, folder, mnist, means, score_test=score_test, watch=show.watcher, tell=show.tell)
    except KeyboardInterrupt:
        click.echo(f"inkling: stopped; go on with: inkling sweep --resume {folder}", err=True)
        raise SystemExit(130) from None
    _print_result(outcome, plan, folder, score_test=score_test)


def _new(
    recipe: str | None,
    space_name: str | None,
    overrides: tuple[str, ...],
    *,
    trials: int | None,
    judge: str | None,
    seed: int | None,
) -> tuple[Plan, str]:
    """The plan of a new sweep, checked, and the text of its space."""
    from inkling.training.recipe import find
    from inkling.training.sweep import plan as plans
    from inkling.training.sweep import search_space

    if recipe is None:
        raise BadRecipe("no recipe is named; expected one, or --resume with a folder. See: inkling sweep --help")
    chosen = plans.anchored(find(recipe, overrides))
    path = search_space.find(space_name, chosen)
    plan = plans.Plan(
        chosen,
        search_space.read(path),
        trials or plans.N_TRIALS,
        seed or 0,
        "accuracy" if judge == "accuracy" else "loss",
    )
    search_space.check(plan.space, chosen, plan.judge)
    return plan, path.read_text("utf-8")


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.fields[what]}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[scores]}"))
    return Progress(*columns, console=console)


class Show:
    """Shows a sweep: a bar for all of it, one for each running trial, a line for each trial that ended."""

    def __init__(self, bar: Progress, console: Console, plan: Plan) -> None:
        self._bar, self._console, self._plan = bar, console, plan
        self._whole = bar.add_task("", total=None, what="", scores="")
        self._of: dict[int, TaskID] = {}
        self._study: Study | None = None

    def watcher(self, study: Study) -> Watcher:
        """A watcher of the sweep; `study` holds its trials so far."""
        from inkling.training.sweep.ray_tuner import Watcher

        self._study = study
        self._count()
        return Watcher(self._begin, self._epoch, self._end)

    def tell(self, what: str) -> None:
        """Show the next step beside the bar."""
        self._bar.update(self._whole, scores=what or self._best())

    def _begin(self, number: int, settings: dict[str, Any]) -> None:
        epochs = int(settings.get("epochs", self._plan.recipe.epochs))
        self._of[number] = self._bar.add_task(
            "", total=epochs, what=f"trial {number}", scores=escape(in_one_line(settings))
        )

    def _epoch(self, number: int, row: dict[str, float]) -> None:
        if number in self._of:
            self._bar.update(self._of[number], completed=row["epoch"], scores=scores(row))

    def _end(self, trial: Trial) -> None:
        if trial.number in self._of:
            self._bar.remove_task(self._of.pop(trial.number))
        if trial.state == "failed":
            result = f"[red]failed[/red]  {escape(trial.error)}"
        else:
            result = f"{trial.state:8}  {scores(trial.rows[-1])}"
        self._console.print(
            f"trial {trial.number:>3}  {result}  [dim]{escape(in_one_line(trial.settings))}[/dim]"
            f"  {trial.seconds:.1f} s",
            highlight=False,
            soft_wrap=True,
        )
        self._count()

    def _count(self) -> None:
        done = self._plan.trials - (self._study.left if self._study else 0)
        self._bar.update(
            self._whole,
            total=self._plan.trials,
            completed=done,
            what=f"trials {done}/{self._plan.trials}",
            scores=self._best(),
        )

    def _best(self) -> str:
        best = self._study.best() if self._study else None
        return f"best: {best.number}, {scores(best.rows[-1])}" if best else ""


def scores(row: dict[str, float]) -> str:
    """The scores of an epoch, as `inkling train` prints them."""
    return f"validation {row['val_accuracy']:.2%}  {row['val_loss']:.4f}"


def in_one_line(settings: dict[str, Any]) -> str:
    """Settings on one line."""
    return "  ".join(
        f"{name.rpartition('.')[2]}={value:.4g}" if isinstance(value, float) else f"{name.rpartition('.')[2]}={value}"
        for name, value in settings.items()
    )


def _print_result(outcome: Outcome, plan: Plan, folder: Path, *, score_test: bool) -> None:
    from inkling.models.registry import find as find_bundle
    from inkling.training.sweep.results import judged_row

    if outcome.left:
        click.echo(f"inkling: time is up, {outcome.left} trials are left: inkling sweep --resume {folder}", err=True)
    best = outcome.best
    if best is None:
        return
    row = judged_row(plan, best)
    counts = {state: sum(t.state == state for t in outcome.trials) for state in ("finished", "stopped", "failed")}
    click.echo(", ".join(f"{n} {state}" for state, n in counts.items() if n))
    click.echo(f"best: trial {best.number}, {scores(row or {})}, {in_one_line(best.settings)}")
    if score_test:
        found = find_bundle(folder / "best").manifest["scores"]["mnist-test"]
        low, high = found["accuracy_95"]
        click.echo(f"mnist-test: {found['accuracy']:.2%} of {found['n']:,} right (95 %: {low:.2%} to {high:.2%})")
    for path in (folder / "best.toml", folder / "best" / "bundle", folder / "report.html"):
        click.echo(path)
