from collections.abc import Callable

import numpy as np
import pytest

from inkling import Reader
from inkling.explain.attribution import STRONGEST, exact_attributions, strongest_units
from inkling.explain.log_odds import contrasts, log_odds
from inkling.explain.weights import Weights, read_weights
from tests.explain.conftest import DENSE


def two_best(probs: np.ndarray) -> tuple[int, int]:
    order = np.argsort(probs)[::-1]
    return int(order[0]), int(order[1])


@pytest.mark.parametrize("name", DENSE)
def test_pixels_and_bias_add_up_to_the_lead_in_the_probabilities(
    reader_of: Callable[[str], Reader], digits: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    reader = reader_of(name)
    weights = read_weights(reader.bundle, reader.classifier)
    assert weights is not None
    tiles = digits[0].astype(np.float32) / 255
    for tile, probs in zip(tiles, reader.classifier(tiles), strict=True):
        assert probs.min() > 1e-30, "float32 can represent all ten"
        questions = contrasts(*two_best(probs))
        expected = log_odds(probs[None], questions, reader.bundle.temperature)[0]
        for evidence, lead in zip(
            exact_attributions(weights, tile, questions, reader.bundle.temperature), expected, strict=True
        ):
            assert evidence.bias is not None
            assert evidence.points.sum() + evidence.bias == pytest.approx(lead, abs=1e-3)
            assert evidence.total == pytest.approx(lead, abs=1e-3)
            assert not evidence.points[tile == 0].any(), "white paper contributes nothing"


def test_the_lead_is_the_logarithm_of_the_shown_probabilities(
    reader_of: Callable[[str], Reader], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    from inkling.pipeline.result import calibrate

    reader = reader_of("ann-tutorial")
    assert reader.bundle.temperature != 1, "otherwise calibration is not tested"
    probs = reader.classifier(digits[0][:50].astype(np.float32) / 255)
    shown = calibrate(probs, reader.bundle.temperature)
    for raw, calibrated in zip(probs, shown, strict=True):
        best, second = two_best(calibrated)
        if calibrated[second] > 1e-9:
            lead = log_odds(raw[None], contrasts(best, second), reader.bundle.temperature)[0, 1]
            assert lead == pytest.approx(np.log(calibrated[best] / calibrated[second]), abs=1e-3)


def test_units_add_up_to_the_same_lead(
    reader_of: Callable[[str], Reader], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    reader = reader_of("ann-tutorial")
    weights = read_weights(reader.bundle, reader.classifier)
    assert weights is not None
    tile, temperature = digits[0][0].astype(np.float32) / 255, reader.bundle.temperature
    questions = contrasts(7, 9)
    (_, lead) = exact_attributions(weights, tile, questions, temperature)
    points = questions[1] @ weights.scores / temperature * weights.activations(tile[None])[0]
    assert points.sum() + questions[1] @ weights.scores_bias / temperature == pytest.approx(lead.total, abs=1e-9)
    units, (active, of) = strongest_units(weights, tile, questions[1], temperature)
    assert (len(units), of) == (STRONGEST, 128)
    assert 0 < active < of
    assert [abs(unit.points) for unit in units] == sorted(np.abs(points), reverse=True)[:STRONGEST]
    for unit in units:
        assert unit.points == pytest.approx(points[unit.number])
        heard = (unit.weights * tile).sum() + weights.hidden_bias[unit.number]
        assert unit.activation == pytest.approx(heard), "an active unit outputs the weighted sum of its pixels"


def test_a_network_worked_out_by_hand() -> None:
    hidden = np.zeros((2, 784))
    hidden[0, 0], hidden[0, 1], hidden[1, 0] = 2, -1, -3
    scores = np.zeros((10, 2))
    scores[4] = 1, 5
    scores[9] = -1, 2
    weights = Weights(hidden, np.array([0.5, 0.1]), scores, np.arange(10) / 10)
    tile = np.zeros((28, 28), np.float32)
    tile[0, :2] = 1.0, 0.5
    # Unit 0 outputs 2 - 0.5 + 0.5 = 2; unit 1 is inactive. The logits of 4 and 9 are 0.4 + 2 and 0.9 - 2.
    _, lead = exact_attributions(weights, tile, contrasts(4, 9), temperature=2.0)
    assert lead.total == pytest.approx((2.4 - -1.1) / 2)
    assert lead.points[0, :3].tolist() == pytest.approx([2.0, -0.5, 0.0])
    assert lead.bias == pytest.approx((0.5 * 2 - 0.5) / 2)
