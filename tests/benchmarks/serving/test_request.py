"""benchmarks/serving/request.py: the README of `web` says what it measured."""

from __future__ import annotations

import json

import pytest

from benchmarks.serving import request


def test_the_readme_says_what_was_measured() -> None:
    text = request.README.read_text("utf-8")
    result = json.loads((request.HERE / "request.json").read_text("utf-8"))
    assert request.page(text, result) == text, "run: python -m benchmarks.serving.request"


def test_what_a_batch_would_gain_is_told_as_a_share_of_the_picture() -> None:
    each = {"alone": 30.0, "batched": 10.0, "picture": 1000.0}
    said = request.batches({"pictures": 8, "models": {"ann": each}})
    assert "| its tile in the network, in a batch of 8 | 10 |" in said
    assert "| a batch would save | 2.0% |" in said


def test_it_is_measured_on_the_real_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "median_us", lambda function: (function(), 64.0)[1])
    body = (request.HERE.parent / "drawing.png").read_bytes()
    assert request.batches_us("ann", body) == {"alone": 64.0, "batched": 2.0, "picture": 2.0}
