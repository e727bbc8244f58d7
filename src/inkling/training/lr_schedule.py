"""The learning rate of each step, as an array and as a Keras schedule.

`factors` has the formulas. The Keras schedule looks the rate up in the table of all steps, so both agree bit for bit,
and a resumed run gets its rate from the optimizer's step count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

WARM_UP = 0.3  # share of a one-cycle run in which the rate rises (Smith, Topin, "Super-Convergence", 2018)
INITIAL_FACTOR = 0.04  # share of the highest rate at which one_cycle starts
WARM_UP_STEPS = 500  # in which the rate of warmup_stable_decay rises


def factors(schedule: str, steps: int, *, decay: float = 0.4) -> np.ndarray:
    """Learning rate of each step divided by the highest rate, (steps,) float32 in 0..1.

    constant   1 throughout
    cosine     from 1 to 0 along half a cosine
    one_cycle  up from 0.04 to 1 in the first 30%, then to 0, each along half a cosine
    warmup_stable_decay  linearly up to 1 in 500 steps, constant, then linearly to 0 in the last share `decay` of the
        run (Hu et al., "MiniCPM", 2024); the number of epochs can still change until the rate falls
    """
    at = np.arange(steps) / max(steps, 1)  # 0 <= at < 1
    if schedule == "constant":
        return np.ones(steps, np.float32)
    if schedule == "cosine":
        return np.asarray(_fall(at), np.float32)
    if schedule == "warmup_stable_decay":
        warm_up = (np.arange(steps) + 1) / WARM_UP_STEPS
        fall = (1 - at) / decay if decay else np.ones(steps)
        return np.asarray(np.minimum(np.minimum(warm_up, 1), fall), np.float32)
    rise = INITIAL_FACTOR + (1 - INITIAL_FACTOR) * (1 - _fall(np.minimum(at / WARM_UP, 1)))
    return np.asarray(np.where(at < WARM_UP, rise, _fall((at - WARM_UP) / (1 - WARM_UP))), np.float32)


def keras_schedule(rates: np.ndarray) -> Any:
    """(steps,) float32 learning rates -> a Keras LearningRateSchedule that keeps the last rate after the last step."""
    import keras

    class Table(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            at = keras.ops.minimum(keras.ops.cast(step, "int32"), len(rates) - 1)
            return keras.ops.take(keras.ops.convert_to_tensor(rates), at)

        def get_config(self) -> dict[str, Any]:
            return {"rates": rates.tolist()}

    return Table()


def _fall(at: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1 + np.cos(np.pi * at)))
