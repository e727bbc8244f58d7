from __future__ import annotations

import gc
import io
import pickle
import weakref

import numpy as np
import pytest

from inkling.errors import BadData, WrongNetwork
from inkling.hands import hand_network
from inkling.hands.hand_network import LearnedNetwork, classifier_of
from inkling.hands.hand_reader import HandReader, with_hand
from inkling.hands.store import Store
from inkling.models import registry
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.reader import Reader
from tests.hands.conftest import lesson


def network(temperature: float = 1.5) -> LearnedNetwork:
    return LearnedNetwork(registry.find("cnn").model_bytes(), temperature)


def npz(**arrays: object) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def test_a_network_is_the_same_after_the_store_and_reads(digits: tuple[np.ndarray, np.ndarray], store: Store) -> None:
    bundle, tiles = registry.find("cnn"), digits[0][::10].astype(np.float32) / 255
    store.add("anna", [lesson(1)])
    base = (bundle.name, bundle.version)
    number = store.add_version("anna", "full", base=base, payload=network().to_bytes(), report={}, promoted=True)
    reader = Reader("cnn")
    of_hand, active = with_hand(reader, "anna", store)
    assert active == number
    assert isinstance(of_hand, HandReader)
    assert np.array_equal(of_hand.classifier.outputs(tiles), Classifier(bundle).outputs(tiles))
    assert of_hand.bundle.temperature == 1.5
    assert of_hand.row_reader is not None
    assert of_hand.row_reader.classify == of_hand.classify
    again = pickle.loads(pickle.dumps(of_hand))
    assert np.array_equal(again.predict_proba(tiles), of_hand.predict_proba(tiles))
    with pytest.raises(WrongNetwork, match="Teach it again"):
        with_hand(Reader("ann"), "anna", store)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        pickle.dumps([1]),
        npz(network=np.zeros(3, np.uint8)),
        npz(network=np.zeros(3), temperature=np.array(1.0)),
        npz(network=np.zeros(3, np.uint8), temperature=np.array(-1.0)),
        npz(network=np.array([{}], object), temperature=np.array(1.0)),
    ],
)
def test_a_damaged_payload_is_said(content: bytes) -> None:
    with pytest.raises(BadData, match="damaged"):
        LearnedNetwork.from_bytes(content)


def test_a_payload_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_network, "MAX_BYTES", 1000)
    with pytest.raises(BadData, match="unpacks to"):
        LearnedNetwork.from_bytes(network().to_bytes())


def test_a_flatbuffer_that_is_none_is_said() -> None:
    with pytest.raises(BadData, match="damaged"):
        classifier_of(LearnedNetwork(b"TFL3 broken", 1.0))


def test_networks_are_shared_and_few_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_network, "_open", {})
    first = classifier_of(network())
    assert classifier_of(network(2.0)) is first
    content = registry.find("cnn").model_bytes()
    for n in range(hand_network.MAX_OPEN):
        classifier_of(LearnedNetwork(content + bytes(n + 1), 1.0))  # LiteRT ignores trailing bytes
    assert len(hand_network._open) == hand_network.MAX_OPEN
    assert classifier_of(network()) is not first


def test_a_reader_keeps_no_network_open(monkeypatch: pytest.MonkeyPatch, digits: tuple[np.ndarray, np.ndarray]) -> None:
    monkeypatch.setattr(hand_network, "_open", {})
    content, tiles = registry.find("cnn").model_bytes(), digits[0][::10].astype(np.float32) / 255
    readers = [
        HandReader(Reader("cnn"), LearnedNetwork(content + bytes(n), 1.0)) for n in range(hand_network.MAX_OPEN + 2)
    ]
    gone = weakref.ref(classifier_of(LearnedNetwork(content, 1.0)))
    for reader in readers[1:]:
        reader.predict(tiles)
    gc.collect()
    assert gone() is None
    assert np.array_equal(readers[0].predict(tiles), Reader("cnn").predict(tiles))
