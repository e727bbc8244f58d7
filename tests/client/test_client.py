"""The client with a real server: answers, errors, and the examples in its docstrings."""

from __future__ import annotations

import doctest
import inspect
import io
import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import inkling.client
from inkling import errors
from inkling.client import Answer, Client, Digit
from inkling.client.answers import error_of
from inkling.errors import (
    BadKey,
    BadRequest,
    BrokenPicture,
    EmptyPicture,
    ImageTooLarge,
    InklingError,
    ServiceError,
    UnknownFormat,
    UnknownName,
)
from inkling.server.settings import Settings
from tests.client.conftest import KEY
from tests.pictures import png_header

FRESH = """
import sys
before = set(sys.modules)
from inkling.client import Client
Client("http://127.0.0.1:9").ready()
foreign = {name for name in set(sys.modules) - before if name.split(".")[0] not in sys.stdlib_module_names}
print(*sorted(foreign))
"""


def test_a_fresh_process_loads_the_client_and_the_errors_alone() -> None:
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [
        "inkling",
        "inkling.client",
        "inkling.client.answers",
        "inkling.client.transport",
        "inkling.errors",
    ]


@pytest.mark.usefixtures("folder")
def test_the_docstrings_run(service: str) -> None:
    runner = doctest.DocTestRunner()
    with Client(service) as client:
        given = {"Client": Client, "url": service, "inkling": client}
        for example in doctest.DocTestFinder().find(Client, globs=given):
            runner.run(example)
    assert runner.tries == 9
    assert runner.failures == 0


def test_a_picture_is_a_path_bytes_or_a_file(service: str, folder: Path, seven: bytes) -> None:
    with Client(service) as client:
        for picture in ("seven.png", folder / "seven.png", seven, io.BytesIO(seven)):
            answer = client.read(picture)
            assert (answer.text, answer.written, answer.outcome, answer.size_wh) == ("7", "7", "read", (280, 280))
        with pytest.raises(FileNotFoundError):
            client.read("absent.png")


def test_an_answer_has_everything_the_service_sends(service: str, seven: bytes) -> None:
    with Client(service) as client:
        answer = client.read(seven, mode="single", model="ann-tutorial", explain=True)
    (digit,) = answer.digits
    assert isinstance(digit, Digit)
    assert sum(digit.probs) == pytest.approx(1, abs=1e-3)
    assert max(digit.probs) == digit.probs[7] == pytest.approx(digit.confidence, abs=1e-3)
    assert len(digit.box) == 4
    assert digit.tile is not None
    assert (len(digit.tile), len(digit.tile[0])) == (28, 28)
    assert answer.explanation is not None
    assert answer.explanation["digits"][0]["answer"] == 7
    assert answer.model.name == "ann-tutorial"
    assert answer.took_ms > 0
    with pytest.raises(FrozenInstanceError):
        answer.text = "8"  # type: ignore[misc]


def test_many_pictures_keep_their_order_and_their_errors(service: str, seven: bytes) -> None:
    with Client(service) as client:
        first, broken, last = client.read_many([seven, seven[:300], io.BytesIO(seven)], model="ann", explain="tiles")
        assert isinstance(first, Answer)
        assert isinstance(last, Answer)
        assert (first.text, last.text, first.model.name, first.explanation) == ("7", "7", "ann", None)
        assert first.digits[0].tile is not None
        assert isinstance(broken, BrokenPicture)
        assert client.read_many([]) == []
        (alone,) = client.read_many([seven])
        assert isinstance(alone, Answer)
        (refused,) = client.read_many([b"text"])
        assert isinstance(refused, UnknownFormat)
        with pytest.raises(BadRequest, match="the limit is"):
            client.read_many([b"x"] * (Settings().max_pictures + 1))


@pytest.mark.parametrize(
    ("picture", "options", "kind"),
    [
        (b"", {}, EmptyPicture),
        (b"text", {}, UnknownFormat),
        (png_header(30_000, 30_000), {}, ImageTooLarge),
        (bytes(Settings().max_upload_bytes + 1), {}, ImageTooLarge),
        (None, {"mode": "both"}, BadRequest),
        (None, {"model": "an"}, UnknownName),
    ],
)
def test_an_error_arrives_as_its_class(
    service: str, seven: bytes, picture: bytes | None, options: dict[str, str], kind: type[InklingError]
) -> None:
    with Client(service, retries=0) as client, pytest.raises(InklingError) as caught:
        client.read(seven if picture is None else picture, **options)  # type: ignore[arg-type]
    assert type(caught.value) is kind
    assert str(caught.value).endswith((".", "?")), "the service's own sentence"


def test_models_and_readiness(service: str) -> None:
    with Client(service) as client:
        assert client.ready()
        models = {model.name: model for model in client.models()}
    assert models["ann"].parameters == 101_770
    assert models["cnn"].default
    assert not models["ann"].default


def test_a_key_is_sent(closed_service: str, seven: bytes) -> None:
    with Client(closed_service, api_key=KEY) as client:
        assert client.read(seven).text == "7"
    for key in (None, "wrong"):
        with Client(closed_service, api_key=key) as client:
            with pytest.raises(BadKey) as caught:
                client.read(seven)
            assert caught.value.__notes__[0].startswith("request ")
            assert client.ready(), "health needs no key"


def test_threads_share_a_client(service: str, seven: bytes) -> None:
    with Client(service) as client, ThreadPoolExecutor(4) as pool:
        assert {answer.text for answer in pool.map(lambda _: client.read(seven), range(24))} == {"7"}


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:8000", "ftp://host", "http://", "http://host:port", "http://h:99999"),
        *("http://host/pfäd", "http://a..b", f"http://{'a' * 70}", "http://[::1", "http://[zz]"),
    ],
)
def test_a_wrong_address_is_an_error_at_once(url: str) -> None:
    with pytest.raises(BadRequest, match="expected an address"):
        Client(url)


@pytest.mark.parametrize("key", ["secret\n", "sec\r\nX-Other: ret", "sec\0ret", "ключ", "schlüssel", "sec\udce9ret"])
def test_a_key_that_no_header_carries_is_an_error_that_hides_it(key: str) -> None:
    with pytest.raises(BadRequest, match="expected printable ASCII") as caught:
        Client("http://127.0.0.1:9", api_key=key)
    assert key.strip() not in str(caught.value)


@pytest.mark.parametrize("options", [{"timeout_s": 0}, {"retries": -1}])
def test_wrong_timeouts_and_retries_are_errors_at_once(options: dict[str, int]) -> None:
    with pytest.raises(BadRequest, match="expected timeout_s > 0"):
        Client("http://127.0.0.1:9", **options)  # type: ignore[arg-type]


def test_every_error_class_is_restored_and_can_be_pickled() -> None:
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, InklingError) and kind is not ServiceError:
            error = error_of({"kind": name, "error": "what; expected; do"}, 400)
            assert type(error) is kind
            assert (error.kind, str(error)) == (name, "what; expected; do")
            again = pickle.loads(pickle.dumps(error))
            assert (type(again), vars(again), str(again)) == (kind, vars(error), str(error))


def test_another_kind_is_kept_by_name() -> None:
    error = error_of(json.loads('{"kind": "Teapot", "error": "short and stout"}'), 418)
    assert isinstance(error, ServiceError)
    assert (error.kind, error.status, str(error)) == ("Teapot", 418, "short and stout")
    assert error_of({"kind": "annotations"}, 500).kind == "annotations", "a name that is not an error"


def test_the_public_names_exist() -> None:
    for name in inkling.client.__all__:
        assert getattr(inkling.client, name).__doc__
