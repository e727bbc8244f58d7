"""Importance of each hyperparameter by functional ANOVA (Hutter, Hoos, Leyton-Brown 2014), from Optuna."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, TrialState

from inkling.training.sweep.plan import SweepPlan

MIN_TRIALS = 10  # fewer are not enough for the random forest


@dataclass(frozen=True)
class Importance:
    """Importance of each hyperparameter, and the trials it was measured on."""

    shares: dict[str, float]  # sum to 1; empty if there were not enough trials, or all have the same value
    n: int  # trials
    epoch: int  # trials were compared after this epoch; 0 = at their end


def measure(frozen: Sequence[FrozenTrial], plan: SweepPlan) -> Importance:
    """Importance on the finished trials if there are enough.

    Otherwise on finished and stopped trials, compared after the last epoch that enough of them reached; empty if there
    is no such epoch.
    """
    finished = [t for t in frozen if t.state == TrialState.COMPLETE]
    if len(finished) >= MIN_TRIALS:
        return Importance(_fanova(finished, [float(t.value or 0.0) for t in finished]), len(finished), 0)
    ended = [t for t in frozen if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    for epoch in range(plan.max_epochs, 0, -1):
        reached = [t for t in ended if epoch in t.intermediate_values]
        if len(reached) >= MIN_TRIALS:
            return Importance(_fanova(reached, [t.intermediate_values[epoch] for t in reached]), len(reached), epoch)
    return Importance({}, len(ended), 0)


def _fanova(trials: Sequence[FrozenTrial], values: Sequence[float]) -> dict[str, float]:
    if max(values) == min(values):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study()
        for trial, value in zip(trials, values, strict=True):
            study.add_trial(
                optuna.trial.create_trial(params=trial.params, distributions=trial.distributions, value=value)
            )
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in shares.items()}
