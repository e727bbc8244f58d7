"""report.html of a sweep: a page that compares its trials and opens offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from inkling import offline_page
from inkling.training import checkpoint
from inkling.training.report import themed_svg
from inkling.training.sweep import importance, results, sweep_plots
from inkling.training.sweep.importance import Importance
from inkling.training.sweep.plan import REDUCTION_FACTOR, SweepPlan
from inkling.training.sweep.study import Study, Trial

HERE = Path(__file__).parent
WIDE_IN = (9.4, 3.6)
FRACTIONS = {2: "half", 3: "third", 4: "quarter"}
RANK = {"finished": 0, "stopped": 1, "interrupted": 2, "failed": 3}
LAST = 1e9  # sort key of a trial without a cost


@dataclass(frozen=True)
class SvgFigure:
    """A figure as SVG that follows the viewer's color scheme."""

    title: str
    caption: str
    svg: str
    wide: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell of the table of trials."""

    text: str
    sort_key: float | str


def write(folder: Path, plan: SweepPlan, study: Study) -> Path:
    """Writes report.html of a sweep with a finished trial, and returns its path."""
    trials, best = study.trials(), study.best()
    found = importance.measure(study.frozen_trials(), plan)
    page = folder / "report.html"
    text = offline_page.render(
        HERE / "sweep_page.html",
        styles=(offline_page.REPORT_CSS, HERE / "sweep_page.css"),
        script=HERE / "sortable_table.js",
        title=plan.recipe.name,
        lead=lead(plan, trials, best),
        facts=facts(plan, trials, best),
        progress=progress_figures(plan, trials, best),
        hyperparameters=hyperparameter_figures(plan, trials, best, found),
        comparison=comparison(plan, best, found) if best else None,
        headings=headings(plan),
        rows=[table_row(plan, trial, best) for trial in ranked(plan, trials)],
        best=best,
        recipe=(folder / "best.toml").read_text("utf-8") if best else "",
        about=about(plan, found),
    )
    checkpoint.write_text(page, text)
    return page


def lead(plan: SweepPlan, trials: Sequence[Trial], best: Trial | None) -> str:
    """The first sentences of the page: the number of trials, the best score, and the baseline."""
    states = [t.state for t in trials]
    counts = [f"{states.count('finished')} finished", f"{states.count('stopped')} stopped early"]
    counts += [f"{states.count(name)} {name}" for name in ("failed", "interrupted") if name in states]
    text = f"{len(trials)} trials: {', '.join(counts)}."
    if best is None:
        return text
    text += f" Trial {best.number} is the best, with {_scores(plan, best)}."
    own = next((t for t in trials if t.params == plan.recipe_values()), None)
    if own is None or not own.rows:
        return text
    if own.number == best.number:
        return f"{text} It is the unchanged recipe."
    if own.state == "stopped":
        return f"{text} The unchanged recipe was stopped early after epoch {len(own.rows)}."
    return f"{text} The unchanged recipe has {_scores(plan, own)}."


def facts(plan: SweepPlan, trials: Sequence[Trial], best: Trial | None) -> list[tuple[str, str]]:
    """The key figures: value and label."""
    row = results.final_row(plan, best) if best else None
    scores = [
        (f"{row['val_accuracy']:.2%}", f"best accuracy on {plan.recipe.n_validation:,} validation images"),
        (f"{row['val_loss']:.4f}", "its validation loss"),
    ] if row else []  # fmt: skip
    trained = sum(len(t.rows) for t in trials)
    whole = sum(int(t.params.get("epochs", plan.recipe.epochs)) for t in trials)
    return [
        *scores,
        (f"{len(trials)}", f"trials over {len(plan.space)} settings"),
        (f"{trained:,}", f"epochs trained, instead of {whole:,} without early stopping"),
        (_duration(max((t.at_s for t in trials), default=0.0)), "search time"),
    ]


def progress_figures(plan: SweepPlan, trials: Sequence[Trial], best: Trial | None) -> list[SvgFigure]:
    """Figures of the sweep's progress."""
    return [
        _figure(
            "Best so far",
            "Each dot is a trial, at the time when it ended. The line is the best finished trial so far.",
            partial(sweep_plots.optimization_history, trials=trials, plan=plan),
        ),
        _figure(
            "Learning curves",
            f"A ring marks where a trial was stopped. Trials are first compared after epoch {plan.grace_epochs}; of "
            f"those that reach the same epoch, the best {FRACTIONS[REDUCTION_FACTOR]} continues.",
            partial(sweep_plots.learning_curves, trials=trials, plan=plan, best=best),
        ),
    ]


def hyperparameter_figures(
    plan: SweepPlan, trials: Sequence[Trial], best: Trial | None, found: Importance
) -> list[SvgFigure]:
    """Figures that show the effect of each hyperparameter."""
    figures = [
        _figure(
            "Parallel coordinates",
            "Each line connects the settings of a trial with its result on the right, the best at the top. Blue: "
            "finished. Gray: stopped early. Orange: the best trial.",
            partial(sweep_plots.parallel_coordinates, trials=trials, plan=plan, best=best),
            wide=True,
        )
    ]
    if found.shares:
        where = f"after epoch {found.epoch}" if found.epoch else "at their end"
        figures.append(
            _figure(
                "Importance",
                f"The share of the variance between {found.n} trials, {where}, that each setting explains alone or "
                "with others (fANOVA).",
                partial(sweep_plots.importance_bars, shares=found.shares),
            )
        )
    caption = "Filled: finished. Hollow: stopped early, with its last value. Orange: the best trial."
    for each in plan.space:
        draw = partial(sweep_plots.slice_plot, each=each, trials=trials, plan=plan, best=best)
        figures.append(_figure(each.name, caption, draw))
    return figures


def comparison(plan: SweepPlan, best: Trial, found: Importance) -> dict[str, list[Any]]:
    """A table of the recipe's and the best trial's hyperparameters, with their importance if it was measured."""
    own = plan.recipe_values()
    rows = [[each.name, _value(own[each.name]), _value(best.params.get(each.name, ""))] for each in plan.space]
    if not found.shares:
        return {"headings": ["setting", "recipe", "best"], "rows": rows}
    for row in rows:
        row.append(f"{found.shares[row[0]]:.0%}" if row[0] in found.shares else "")
    return {"headings": ["setting", "recipe", "best", "importance"], "rows": rows}


def headings(plan: SweepPlan) -> list[str]:
    """The headings of the table of trials."""
    names = [each.name for each in plan.space]
    return ["trial", "state", "loss", "accuracy", "epochs", *names, "seconds", "machine", "error"]


def table_row(plan: SweepPlan, trial: Trial, best: Trial | None) -> list[Cell]:
    """A trial's row in the table."""
    final: dict[str, Any] = results.final_row(plan, trial) or {}
    loss, accuracy = final.get("val_loss"), final.get("val_accuracy")
    is_best = best is not None and trial.number == best.number
    return [
        _cell(trial.number),
        Cell("best" if is_best else trial.state, RANK[trial.state] - is_best),
        Cell("" if loss is None else f"{loss:.4f}", LAST if loss is None else loss),
        Cell("" if accuracy is None else f"{accuracy:.2%}", -1.0 if accuracy is None else accuracy),
        _cell(len(trial.rows)),
        *(_cell(trial.params.get(each.name, "")) for each in plan.space),
        Cell(f"{trial.seconds:,.1f}", trial.seconds),
        _cell(trial.node),
        _cell(trial.error),
    ]


def ranked(plan: SweepPlan, trials: Sequence[Trial]) -> list[Trial]:
    """Trials sorted from best to worst; unfinished ones by state, then by decreasing number of epochs."""

    def key(trial: Trial) -> tuple[float, ...]:
        cost = plan.cost(trial.value) if trial.value is not None else LAST
        epochs = 0 if trial.state == "finished" else len(trial.rows)
        return (RANK[trial.state], -epochs, cost, trial.number)

    return sorted(trials, key=key)


def about(plan: SweepPlan, found: Importance) -> list[str]:
    """The footer of the page: how the numbers were measured."""
    text = [
        f"All trials are evaluated on the same {plan.recipe.n_validation:,} held-out validation images; no "
        "trial uses the test images. Because the best of many trials is chosen by this score, the score is slightly "
        "higher than on new digits.",
        "TPE proposes settings (Bergstra et al. 2011); asynchronous successive halving stops weak trials early (Li et "
        "al. 2020).",
    ]
    if not found.shares:
        text.append(f"Importance is not shown: it needs at least {importance.MIN_TRIALS} different trials.")
    return text


def _figure(title: str, caption: str, draw: Callable[[Axes], Axes], *, wide: bool = False) -> SvgFigure:
    return SvgFigure(title, caption, themed_svg.to_svg(draw, WIDE_IN if wide else themed_svg.SIZE_IN), wide)


def _scores(plan: SweepPlan, trial: Trial) -> str:
    row = results.final_row(plan, trial) or {}
    return f"{row['val_accuracy']:.2%} validation accuracy (loss {row['val_loss']:.4f})"


def _cell(value: Any) -> Cell:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Cell(_value(value), value if number else str(value))


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
