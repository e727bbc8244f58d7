"""benchmarks.serving.latency: the server's README shows the measurements."""

from __future__ import annotations

import pytest

from benchmarks import markdown
from benchmarks.common import DRAWING, read_json
from benchmarks.serving import latency


@pytest.mark.parametrize("name", ["profile", "batches"])
def test_the_readme_shows_what_was_measured(name: str) -> None:
    text = latency.README.read_text("utf-8")
    block = latency.blocks(read_json(latency.REQUEST))[name]
    assert markdown.with_block(text, name, block) == text, "run: python -m benchmarks.serving.latency"


def test_the_gain_of_a_batch_is_a_share_of_the_image() -> None:
    each = {"alone": 30.0, "batched": 10.0, "picture": 1000.0}
    table = latency.batches_table({"pictures": 8, "models": {"ann": each}})
    assert "| inference of its tile, in a batch of 8 | 10 |" in table
    assert "| savings by batching | 2.0% |" in table


@pytest.mark.slow
def test_it_measures_the_real_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "median_us", lambda function: (function(), 64.0)[1])
    body = DRAWING.read_bytes()
    assert latency.batches_us("ann", body) == {"alone": 64.0, "batched": 2.0, "picture": 2.0}
    assert sum(latency.profile_us("ann", body).values()) > 0
