"""A hand's own network, learned with TensorFlow and the real MNIST, and the process that does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inkling.errors import WrongNetwork
from inkling.hands import full_job, light
from inkling.hands.full import classifier_of
from inkling.hands.hand_reader import HandReader, with_hand
from inkling.hands.lesson import Lesson, as_tile
from inkling.hands.store import Store
from inkling.models import registry
from inkling.pipeline.normalize import normalize_crop
from inkling.pipeline.reader import Reader
from inkling.training.data.mnist import load_mnist
from inkling.training.hand_teaching import Teacher
from inkling.training.hand_tuning import Tuner, moved_back
from inkling.training.nondigits import scribble
from inkling.training.odd_hands import odd_hand, write_digits
from tests.training.small import LEARN

pytestmark = [*LEARN, pytest.mark.slow]
SEVEN = 7  # which hand 5 writes like a 1
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
    """The same hand at another time."""
    return write_digits(odd_hand(5), 10, *digits, np.random.default_rng(1))


def as_lessons(tiles: np.ndarray, labels: object) -> list[Lesson]:
    return [Lesson(as_tile(tile), str(label)) for tile, label in zip(tiles, labels, strict=True)]  # type: ignore[call-overload]


def test_a_hand_is_learned_and_ordinary_digits_stay(teacher: Teacher, written: Digits, more: Digits) -> None:
    taught = teacher.teach(as_lessons(*written))
    assert taught.promoted, taught.report["reason"]
    assert all(guard["holds"] for guard in taught.report["guards"])
    assert taught.report["held_back"]["after"]["right"] >= taught.report["light"]["after"]["right"]
    tiles, labels = more
    sevens = labels == SEVEN
    before = Reader("cnn").predict(tiles) == labels
    after = classifier_of(taught.learned).outputs(tiles)[:, :10].argmax(axis=1) == labels
    assert before[sevens].sum() <= 3
    assert after[sevens].sum() >= 9
    assert after[~sevens].sum() >= before[~sevens].sum() - 1
    assert len(taught.learned.to_bytes()) < 1_200_000


def test_scribbles_are_not_promoted(teacher: Teacher) -> None:
    rng = np.random.default_rng(4)
    tiles = np.stack([normalize_crop(scribble(rng)) for _ in range(500)])
    taught = teacher.teach(as_lessons(tiles, [3] * len(tiles)))
    assert not taught.promoted
    assert "non-digits taken for digits" in taught.report["reason"]


@pytest.mark.parametrize("kind", ["random labels", "one digit"])
def test_poisoned_labels_are_not_promoted(teacher: Teacher, written: Digits, kind: str) -> None:
    tiles, labels = written
    wrong = np.random.default_rng(3).integers(0, 10, len(labels)) if kind == "random labels" else [SEVEN] * len(labels)
    taught = teacher.teach(as_lessons(tiles, wrong))
    assert not taught.promoted
    assert taught.report["reason"].startswith("Not promoted: ")


def test_a_network_that_reads_fewer_than_the_light_step_is_not_promoted(
    teacher: Teacher, written: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tuner forgets half of what it learned; enough is left for the other rules.
    monkeypatch.setattr("inkling.training.hand_teaching.KEEP", (0.62,))
    lessons = as_lessons(*written)
    of_light = light.teach(lessons, registry.find("cnn")).report["held_back"]["after"]["right"]
    taught = teacher.teach(lessons)
    assert taught.report["held_back"]["after"]["right"] < of_light
    assert not taught.promoted
    assert "light step" in taught.report["reason"] or "a quarter of the errors" in taught.report["reason"]


def test_weights_move_back_by_a_share() -> None:
    new, old = [np.array([2.0, 4.0])], [np.array([0.0, 0.0])]
    assert moved_back(new, old, 0.25)[0].tolist() == [1.5, 3.0]


def test_a_network_of_other_layers_is_named() -> None:
    with pytest.raises(WrongNetwork, match="has no layer relu_5"):
        Tuner(registry.find("ann"), load_mnist())


def test_the_process_teaches_a_stored_hand(
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
        assert said[-1]["promoted"]
        of_hand, number = with_hand(Reader("cnn"), "anna", store)
        assert isinstance(of_hand, HandReader)
        assert number == said[-1]["version"]
        tiles, labels = more
        sevens = labels == SEVEN
        assert (of_hand.predict(tiles)[sevens] == SEVEN).sum() >= 9
