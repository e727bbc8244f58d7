"""The soak tests: computation of their results, and properties of the mutations."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import time

import pytest
from PIL import Image

from benchmarks.common import percentile
from benchmarks.serving.soak import (
    graceful_shutdown,
    image_mutators,
    malformed_images,
    openapi_fuzzing,
    overload,
    worker_kill,
)
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.load_generator import Request, closed_loop, open_loop
from benchmarks.serving.soak.sustained_load import growth
from inkling.server.settings import Settings


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, 0.0), ([3.0], 0.99, 3.0), ([1, 2, 3, 4], 0.5, 2), ([4, 3, 2, 1], 0.75, 3), (range(1, 101), 0.99, 99)],
)
def test_percentile_is_a_value_that_was_there(values: list[float], share: float, found: float) -> None:
    assert percentile(list(values), share) == found


def test_growth_compares_the_ends_without_the_warming() -> None:
    samples = [(float(s), 500.0 if s < 10 else 100.0 + s / 10) for s in range(110)]
    samples[50] = (50.0, 9000.0)  # one large image
    first, last = growth(samples, warm_s=10)
    assert first == pytest.approx(101.9, abs=0.2)
    assert last == pytest.approx(109.9, abs=0.2)
    assert growth(samples[:3], warm_s=0) == (0.0, 0.0)


def test_the_same_seed_and_number_give_the_same_mutation() -> None:
    assert image_mutators.mutate(1, 7) == image_mutators.mutate(1, 7)
    assert len({image_mutators.mutate(1, number).body for number in range(50)}) > 40


@pytest.mark.parametrize("mutator", image_mutators.MUTATORS, ids=lambda mutator: mutator.__name__)
def test_each_mutator_reports_its_name_and_makes_bytes(mutator: image_mutators.Mutator) -> None:
    _, body, kind = image_mutators.seeds()[0]
    made = mutator(random.Random(2), body, kind)
    assert made.what == mutator.__name__
    assert isinstance(made.body, bytes)
    if mutator is image_mutators.too_large:
        assert len(made.body) > Settings().max_upload_bytes


def test_a_changed_png_has_right_checksums() -> None:
    changed = bytearray(image_mutators.seeds()[0][1])
    changed[16:20] = (500).to_bytes(4, "big")  # its width
    with pytest.raises((SyntaxError, OSError)):
        Image.open(io.BytesIO(changed)).load()
    assert Image.open(io.BytesIO(image_mutators._right_sums(bytes(changed)))).width == 500


def test_a_bomb_is_small_and_unpacks_to_its_size() -> None:
    bomb = image_mutators.png_bomb_of(2000, 1)
    assert len(bomb) < 5000
    assert Image.open(io.BytesIO(bomb)).getextrema() == (0, 0)
    assert Image.open(io.BytesIO(bomb)).size == (2000, 2000)


def outcome(at: float, took: float = 0.1, status: int = 200, how: str = "answered", port: int = 1) -> Outcome:
    return Outcome(at, took, status, how, port)


def test_overload_counts_what_became_of_each() -> None:
    during = [outcome(0), outcome(0, 0.3), outcome(1, 0.02, 503), outcome(1, 9, 0, "late"), outcome(2, 1, 500)]
    found = overload.figures(during)
    assert (found["accepted"], found["refused"], found["other"]) == (2, 1, {"500": 1, "late": 1})
    assert (found["accepted_p99_ms"], found["refused_p99_ms"]) == (300, 20)


@pytest.mark.parametrize(("bad_at", "well"), [([], 0.0), ([100.2], 0.5), ([100.2, 101.6], 2.0), ([100.2, 109.9], None)])
def test_normal_again_is_from_when_nothing_is_bad_any_more(bad_at: list[float], well: float | None) -> None:
    after = [outcome(100 + k / 10, status=200) for k in range(100)] + [outcome(at, 0.4) for at in bad_at]
    assert overload.normal_after(after, 100) == well


def test_a_kill_may_fail_only_what_the_killed_held() -> None:
    outcomes = [outcome(9.9, 0.2, 0, "closed", 5), outcome(9.9, 0.2, 0, "closed", 6), outcome(10.8, port=7)]
    found = worker_kill.figures(outcomes, held={5}, new_ports={7}, at_s=10)
    assert (found["failed"], found["failed_elsewhere"], found["back_s"]) == (2, 1, 0.9)
    assert worker_kill.figures(outcomes, held={5, 6}, new_ports=set(), at_s=10)["back_s"] is None


def test_a_stop_must_answer_what_was_in_hand() -> None:
    outcomes = [outcome(9.95), outcome(9.95, status=0, how="closed"), outcome(10.1, 0.01, 0, "closed"), outcome(8)]
    found = graceful_shutdown.figures(outcomes, 10)
    assert (found["in_hand"], found["lost"], found["cut"]) == (2, 1, 0)
    assert found["later"] == {"closed": 1}


def test_a_malformed_image_that_fails_is_named() -> None:
    outcomes = [Outcome(0, 0.1, 422, name="cut 1"), Outcome(0, 3, 200, name="cut 2"), Outcome(0, 1, 500, name="x 3")]
    found = malformed_images.figures(outcomes)
    assert (found["failed"], found["slow"]) == (["x 3: 500"], ["cut 2: 3.00 s"])
    assert found["kinds"] == {"cut": {"200": 1, "422": 1}, "x": {"500": 1}}


def test_schemathesis_is_understood() -> None:
    output = """
    - Server error
    [500] Internal Server Error:
    - Server error
    [503] Service Unavailable:
  Selected: 22/22
  Tested: 22
Test cases:
  364 generated, 2 found 2 unique failures
"""
    found = openapi_fuzzing.parsed(output)
    assert (found["operations"], found["cases"]) == (22, 364)
    assert (found["server_errors"], found["refused"]) == (1, 1)


async def _answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server whose answer depends on the body: "5": 503; "c": closes; "x": truncates the response; otherwise 200."""
    while not reader.at_eof():
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # the client has closed the connection
            break
        body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        if body == b"c":
            break
        status = {b"2": b"200 OK", b"5": b"503 No"}.get(body, b"200 OK")
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 4\r\n\r\n" + (b"to" if body == b"x" else b"four"))
        if body == b"x":
            break
    writer.close()


def test_a_connection_reports_the_outcome_of_each_request() -> None:
    async def all_ways() -> list[tuple[int, str]]:
        server = await asyncio.start_server(_answering, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found: list[Outcome] = []
        requests = [Request(encode_request(body)) for body in (b"2", b"5", b"c", b"x", b"2")]
        await closed_loop(port, iter(requests), found.append, connections=1, until=lambda: False)
        server.close()
        await closed_loop(port, iter(requests[:1]), found.append, connections=1, until=lambda: False)
        return [(each.status, each.how) for each in found]

    assert asyncio.run(all_ways()) == [
        (200, "answered"), (503, "answered"), (0, "closed"), (0, "cut"), (200, "answered"), (0, "refused"),
    ]  # fmt: skip


@pytest.mark.slow
def test_open_loop_sends_on_time_and_bounds_its_connections() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    async def load() -> list[Outcome]:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found: list[Outcome] = []
        requests = itertools.repeat(Request(encode_request(b"2")))
        await open_loop(port, requests, found.append, per_s=100, seconds=0.2, most_connections=5, timeout_s=0.5)
        server.close()
        return found

    start = time.perf_counter()
    found = asyncio.run(load())
    assert [each.how for each in found].count("late") == 5
    assert [each.how for each in found].count("unsent") == len(found) - 5
    assert 18 <= len(found) <= 20
    due = sorted(each.at_s - start for each in found)
    assert due[-1] - due[0] == pytest.approx((len(found) - 1) / 100, abs=1e-6)
