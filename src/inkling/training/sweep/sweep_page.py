"""The trials of a sweep compared: report.html, one page that opens offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from inkling import offline_page
from inkling.training import checkpoint
from inkling.training.report import themed_svg
from inkling.training.sweep import importance, results, sweep_plots
from inkling.training.sweep.importance import ENOUGH, Importance
from inkling.training.sweep.plan import KEEP_ONE_IN, Plan
from inkling.training.sweep.study import Study, Trial

HERE = Path(__file__).parent
WIDE_IN = (9.4, 3.6)
WORDS = {2: "half", 3: "third", 4: "quarter"}
RANK = {"finished": 0, "stopped": 1, "interrupted": 2, "failed": 3}


@dataclass(frozen=True)
class Drawn:
    """A figure: its SVG, in the reader's own colours."""

    title: str
    caption: str
    svg: str
    wide: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell of the table: what is read, and what it is sorted by."""

    text: str
    sort_key: float | str


def make(folder: Path, plan: Plan, study: Study) -> Path:
    """Writes report.html of a sweep that has a finished trial, and returns it."""
    trials, best = study.trials(), study.best()
    found = importance.measure(study.frozen(), plan)
    text = offline_page.render(
        HERE / "sweep_page.html",
        styles=(offline_page.REPORT_CSS, HERE / "sweep_page.css"),
        script=HERE / "sortable_table.js",
        title=plan.recipe.name,
        lead=lead(plan, trials, best),
        facts=facts(plan, trials, best),
        progress=course(plan, trials, best),
        hyperparameters=settings(plan, trials, best, found),
        comparison=against_own(plan, best, found) if best else None,
        headings=headings(plan),
        rows=[row(plan, trial, best) for trial in ranked(plan, trials)],
        best=best,
        recipe=(folder / "best.toml").read_text("utf-8") if best else "",
        about=about(plan, found),
    )
    checkpoint.write_text(folder / "report.html", text)
    return folder / "report.html"


def lead(plan: Plan, trials: Sequence[Trial], best: Trial | None) -> str:
    """The first sentences of the page: how many, how good, against what."""
    states = [t.state for t in trials]
    said = [f"{states.count('finished')} finished", f"{states.count('stopped')} stopped early"]
    said += [f"{states.count(name)} {name}" for name in ("failed", "interrupted") if name in states]
    text = f"{len(trials)} trials: {', '.join(said)}."
    if best is None:
        return text
    text += f" Trial {best.number} is the best: it reads {_scores(plan, best)}."
    own = next((t for t in trials if t.settings == plan.own_settings()), None)
    if own is None or not own.rows:
        return text
    if own.number == best.number:
        return f"{text} It is the recipe as it was."
    if own.state == "stopped":
        return f"{text} The recipe as it was fell behind and was stopped after epoch {len(own.rows)}."
    return f"{text} The recipe as it was reads {_scores(plan, own)}."


def facts(plan: Plan, trials: Sequence[Trial], best: Trial | None) -> list[tuple[str, str]]:
    """The few numbers that come first: value and what it is."""
    row = results.judged_row(plan, best) if best else None
    made = sum(len(t.rows) for t in trials)
    whole = sum(int(t.settings.get("epochs", plan.recipe.epochs)) for t in trials)
    told = [
        (f"{row['val_accuracy']:.2%}", f"of {plan.recipe.n_validation:,} held-back digits read right by the best"),
        (f"{row['val_loss']:.4f}", "its validation loss"),
    ] if row else []  # fmt: skip
    return [
        *told,
        (f"{len(trials)}", f"trials over {len(plan.space)} settings"),
        (f"{made:,}", f"epochs learnt, of {whole:,} if no trial had been stopped"),
        (_duration(max((t.at_s for t in trials), default=0.0)), "of searching"),
    ]


def course(plan: Plan, trials: Sequence[Trial], best: Trial | None) -> list[Drawn]:
    """How the sweep went."""
    return [
        _drawn(
            "Best so far",
            "A dot for each trial, at the time at which it ended; the line is the best finished one so far.",
            lambda ax: sweep_plots.progress(ax, trials, plan),
        ),
        _drawn(
            "How each trial learnt",
            f"A ring is where a trial was stopped. They are compared first after epoch {plan.first_look}, and of those "
            f"that have come as far the best {WORDS[KEEP_ONE_IN]} goes on.",
            lambda ax: sweep_plots.learning(ax, trials, plan, best),
        ),
    ]


def settings(plan: Plan, trials: Sequence[Trial], best: Trial | None, found: Importance) -> list[Drawn]:
    """What each setting did."""
    drawn = [
        _drawn(
            "All settings side by side",
            "A line for each trial through its settings to what came of it, on the right: best on top. Blue: finished. "
            "Grey: stopped early. Orange: the best.",
            lambda ax: sweep_plots.parallel(ax, trials, plan, best),
            wide=True,
        )
    ]
    if found.shares:
        where = f"after epoch {found.epoch}" if found.epoch else "at their end"
        drawn.append(
            _drawn(
                "What matters",
                f"The part of the differences between {found.n} trials, {where}, that each setting explains by itself "
                "or with others (fANOVA).",
                lambda ax: sweep_plots.importance(ax, found.shares),
            )
        )
    for each in plan.space:
        drawn.append(
            _drawn(
                each.name,
                "Filled: finished. Hollow: stopped early, where it stood then. Orange: the best.",
                lambda ax, each=each: sweep_plots.setting(ax, each, trials, plan, best),  # type: ignore[misc]
            )
        )
    return drawn


def against_own(plan: Plan, best: Trial, found: Importance) -> dict[str, list[Any]]:
    """A table of the settings: the recipe's own value, the best trial's, and their importance if it was measured."""
    own = plan.own_settings()
    rows = [[each.name, _value(own[each.name]), _value(best.settings.get(each.name, ""))] for each in plan.space]
    if not found.shares:
        return {"headings": ["setting", "recipe", "best"], "rows": rows}
    for row in rows:
        row.append(f"{found.shares[row[0]]:.0%}" if row[0] in found.shares else "")
    return {"headings": ["setting", "recipe", "best", "matters"], "rows": rows}


def headings(plan: Plan) -> list[str]:
    """Of the table of trials."""
    return [
        "trial",
        "state",
        "loss",
        "right",
        "epochs",
        *(each.name for each in plan.space),
        "seconds",
        "machine",
        "why",
    ]


def row(plan: Plan, trial: Trial, best: Trial | None) -> list[Cell]:
    """A trial's line in the table."""
    judged: dict[str, Any] = results.judged_row(plan, trial) or {}
    loss, right = judged.get("val_loss"), judged.get("val_accuracy")
    word = "best" if best and trial.number == best.number else trial.state
    return [
        Cell(str(trial.number), trial.number),
        Cell(word, RANK[trial.state] - (word == "best")),
        Cell("" if loss is None else f"{loss:.4f}", 1e9 if loss is None else loss),
        Cell("" if right is None else f"{right:.2%}", -1.0 if right is None else right),
        Cell(str(len(trial.rows)), len(trial.rows)),
        *(_cell(trial.settings.get(each.name, "")) for each in plan.space),
        Cell(f"{trial.seconds:,.1f}", trial.seconds),
        Cell(trial.node, trial.node),
        Cell(trial.error, trial.error),
    ]


def ranked(plan: Plan, trials: Sequence[Trial]) -> list[Trial]:
    """The best first; those that were stopped by how far they came."""

    def key(trial: Trial) -> tuple[float, ...]:
        value = sweep_plots.cost(plan, trial.value) if trial.value is not None else 1e9
        far = 0 if trial.state == "finished" else -len(trial.rows)
        return (RANK[trial.state], far, value, trial.number)

    return sorted(trials, key=key)


def about(plan: Plan, found: Importance) -> list[str]:
    """How the numbers came to be, for the foot of the page."""
    told = [
        f"All trials are judged on the same {plan.recipe.n_validation:,} digits, held back from training; no "
        "trial has seen a test image. The best of many is flattered by the choice: its score there is a little "
        "higher than on new digits.",
        "Settings are proposed by TPE (Bergstra et al. 2011), hopeless trials stopped by asynchronous successive "
        "halving (Li et al. 2020).",
    ]
    if not found.shares:
        told.append(f"How much each setting matters is not shown: it takes {ENOUGH} trials that differ.")
    return told


def _drawn(title: str, caption: str, draw: Callable[[Axes], Axes], *, wide: bool = False) -> Drawn:
    return Drawn(title, caption, themed_svg.to_svg(draw, WIDE_IN if wide else themed_svg.SIZE_IN), wide)


def _scores(plan: Plan, trial: Trial) -> str:
    row = results.judged_row(plan, trial) or {}
    return f"{row['val_accuracy']:.2%} of the held-back digits right (loss {row['val_loss']:.4f})"


def _cell(value: Any) -> Cell:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Cell(_value(value), value if number else str(value))


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
