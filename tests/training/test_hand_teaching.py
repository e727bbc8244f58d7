"""Training a network for a hand with TensorFlow and the real MNIST, and its worker process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inkling.errors import WrongNetwork
from inkling.hands import full_job, light_teaching
from inkling.hands.hand_reader import HandReader, with_hand
from inkling.hands.lesson import Lesson, as_tile
from inkling.hands.store import Store
from inkling.hands.verdict import Outcome, Verdict
from inkling.models import registry
from inkling.pipeline.normalize import normalize_crop
from inkling.pipeline.reader import Reader
from inkling.training.data.mnist import load_mnist
from inkling.training.hand_teaching import KEEP, Teacher, against_light
from inkling.training.hand_tuning import Tuner
from inkling.training.nondigits import scribble
from inkling.training.odd_hands import odd_hand, write_digits
from tests.training.small import LEARN

pytestmark = [*LEARN, pytest.mark.slow]
SEVEN = 7  # hand 5 writes it like a 1
Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return Teacher(registry.find("cnn"), load_mnist())


@pytest.fixture(scope="module")
def written(digits: Digits) -> Digits:
    """(150, 28, 28) float32 and labels (150,): 15 of each digit by one odd hand."""
    return write_digits(odd_hand(5), 15, *digits, np.random.default_rng(0))


@pytest.fixture(scope="module")
def more(digits: Digits) -> Digits:
    """Other digits by the same hand."""
    return write_digits(odd_hand(5), 10, *digits, np.random.default_rng(1))


def as_lessons(tiles: np.ndarray, labels: object) -> list[Lesson]:
    return [Lesson(as_tile(tile), str(label)) for tile, label in zip(tiles, labels, strict=True)]  # type: ignore[call-overload]


@pytest.fixture
def last_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries only the last share of the old weights, which is used if the guards fail with all others."""
    monkeypatch.setattr("inkling.training.hand_teaching.KEEP", KEEP[-1:])


@pytest.mark.usefixtures("last_share")
def test_scribbles_are_not_promoted(teacher: Teacher) -> None:
    rng = np.random.default_rng(4)
    tiles = np.stack([normalize_crop(scribble(rng)) for _ in range(500)])
    taught = teacher.teach(as_lessons(tiles, [3] * len(tiles)))
    assert not taught.promoted
    assert "non-digits taken for digits" in taught.report["reason"]


@pytest.mark.usefixtures("last_share")
def test_random_labels_are_not_promoted(teacher: Teacher, written: Digits) -> None:
    tiles, labels = written
    taught = teacher.teach(as_lessons(tiles, np.random.default_rng(3).integers(0, 10, len(labels))))
    assert not taught.promoted
    assert taught.report["reason"].startswith("Not promoted: ")


@pytest.mark.parametrize(("n_light", "promoted"), [(30, True), (31, False)])
def test_a_network_that_reads_fewer_than_the_light_step_is_not_promoted(n_light: int, promoted: bool) -> None:
    labels, read = np.zeros(40, int), np.repeat([0, 1], [30, 10])  # 30 of 40 right
    outcome = Outcome(labels, before=read, after=read, held_back=read)
    learned = light_teaching.Learned(np.zeros((11, 5), np.float32), np.zeros((0, 5), np.float32), 1.0)
    of_light = light_teaching.Taught(learned, True, {"held_back": {"after": {"right": n_light}}})
    found = against_light(Verdict(True, "Promoted."), outcome, of_light)
    assert found.promoted == promoted
    assert ("30 right and the light step 31" in found.reason) != promoted


def test_a_network_of_other_layers_is_named() -> None:
    with pytest.raises(WrongNetwork, match="has no layer relu_5"):
        Tuner(registry.find("ann"), load_mnist())


def test_a_process_teaches_a_stored_hand_and_ordinary_digits_stay(
    tmp_path: Path, written: Digits, more: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with Store(f"sqlite:///{tmp_path}/hands.sqlite") as store:
        store.add("anna", as_lessons(*written))
        full_job.start(store, "anna", registry.find("cnn"))
        said = [each[1] for each in full_job.follow(store, "anna") if each]
        assert said[-1]["type"] == "done", said[-1]
        done = [each["done"] for each in said if each["type"] == "progress"]
        assert done == sorted(done)
        assert len({each["stage"] for each in said if each["type"] == "progress"}) >= 5
        assert said[-1]["promoted"], said[-1]
        of_hand, number = with_hand(Reader("cnn"), "anna", store)
        stored = store.version("anna", number)
    assert isinstance(of_hand, HandReader)
    assert number == said[-1]["version"]
    assert all(guard["holds"] for guard in stored.report["guards"])
    assert stored.report["held_back"]["after"]["right"] >= stored.report["light"]["after"]["right"]
    assert len(stored.payload) < 1_200_000
    tiles, labels = more
    sevens = labels == SEVEN
    before, after = (reader.predict(tiles) == labels for reader in (Reader("cnn"), of_hand))
    assert before[sevens].sum() <= 3
    assert after[sevens].sum() >= 9
    assert after[~sevens].sum() >= before[~sevens].sum() - 1
