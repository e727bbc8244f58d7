import json

import numpy as np
import pytest

from inkling.road.reading import calibrate, compose

BOX = (1, 2, 3, 4)


def row(**shares: float) -> np.ndarray:
    """Probabilities: row(d7=0.9, d1=0.1)."""
    probs = np.zeros(10)
    for name, share in shares.items():
        probs[int(name[1])] = share
    return probs


@pytest.mark.parametrize(
    ("probs", "lines", "outcome", "text", "confidence"),
    [
        (np.zeros((0, 10)), [], "empty", "", 0.0),
        ([row(d7=0.99, d1=0.01)], [[BOX]], "read", "7", 0.99),
        ([row(d7=0.6, d1=0.4)], [[BOX]], "unsure", "7", 0.6),
        ([row(d4=1.0), row(d0=0.9, d6=0.1), row(d7=1.0)], [[BOX, BOX], [BOX]], "read", "40\n7", 0.9),
        ([row(d4=1.0), row(d0=0.5, d6=0.4)], [[BOX, BOX]], "unsure", "40", 0.5),
    ],
)
def test_probabilities_become_a_typed_answer(probs, lines, outcome, text, confidence) -> None:  # type: ignore[no-untyped-def]
    reading = compose(np.array(probs), lines, sure_at=0.8, size_wh=(30, 20))
    assert (reading.outcome, reading.text) == (outcome, text)
    assert reading.confidence == pytest.approx(confidence)
    assert bool(reading.reason) == (outcome != "read")
    assert json.loads(json.dumps(reading.to_json()))["digits"] == [digit.to_json() for digit in reading.digits]


def test_doubt_names_the_two_candidates() -> None:
    reading = compose(np.array([row(d7=0.6, d1=0.4)]), [[BOX]], sure_at=0.8, size_wh=(30, 20))
    assert "7" in reading.reason
    assert "1" in reading.reason


def test_calibration_is_temperature_scaling_of_logits() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (50, 10))

    def softmax(values: np.ndarray) -> np.ndarray:
        raised = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    for temperature in (0.5, 1.0, 1.7):
        assert np.allclose(calibrate(softmax(logits), temperature), softmax(logits / temperature), atol=1e-6)


def test_calibration_keeps_the_order_and_survives_zeros() -> None:
    probs = np.array([row(d3=1.0)])
    assert calibrate(probs, 2.0).argmax() == 3
    assert np.isfinite(calibrate(probs, 2.0)).all()
