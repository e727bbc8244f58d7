"""How much each setting matters: functional ANOVA on the trials (Hutter, Hoos, Leyton-Brown 2014), by Optuna."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, TrialState

from inkling.training.sweep.plan import Plan

ENOUGH = 10  # trials, below which a forest of trees says nothing


@dataclass(frozen=True)
class Importance:
    """Shares of the settings, which add up to 1, and what they were measured on."""

    shares: dict[str, float]  # empty: there were not enough trials
    n: int  # trials
    epoch: int  # after which they were compared; 0 = at their end


def measure(frozen: Sequence[FrozenTrial], plan: Plan) -> Importance:
    """By the finished trials where they are enough, else by all after the last epoch that enough have reached."""
    finished = [t for t in frozen if t.state == TrialState.COMPLETE]
    if len(finished) >= ENOUGH:
        return Importance(_shares(finished, [float(t.value or 0.0) for t in finished]), len(finished), 0)
    ended = [t for t in frozen if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    for epoch in range(plan.most_epochs, 0, -1):
        reached = [t for t in ended if epoch in t.intermediate_values]
        if len(reached) >= ENOUGH:
            return Importance(_shares(reached, [t.intermediate_values[epoch] for t in reached]), len(reached), epoch)
    return Importance({}, len(ended), 0)


def _shares(trials: Sequence[FrozenTrial], values: Sequence[float]) -> dict[str, float]:
    if max(values) == min(values):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study()
        for trial, value in zip(trials, values, strict=True):
            made = optuna.trial.create_trial(params=trial.params, distributions=trial.distributions, value=value)
            study.add_trial(made)
        forest = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return {
            name: float(share)
            for name, share in optuna.importance.get_param_importances(study, evaluator=forest).items()
        }
