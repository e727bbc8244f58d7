"""Small files that are expensive or unpack to a huge size are rejected based on their headers."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from benchmarks.serving.soak.attacks import pictures

READ = "/api/v1/read"
MOST_CPU_S = 0.5  # a drawing takes 0.003 s; decoding these files would take seconds
STATUSES = {
    "progressive_jpeg": 413,
    "exif_segments": 413,
    "rle_bmp": 413,
    "png": 413,
    "png_text": 422,
    "png_profile": 422,
    "png_frames": 200,
    "gif": 413,
    "gif_frames": 200,
    "webp": 413,
    "tiff": 413,
    "tiff_pages": 200,
    "bmp": 413,
    "ico": 415,
    "ppm": 415,
    "tga": 415,
    "pcx": 415,
    "jpeg2000": 415,
    "svg": 415,
    "gzip": 415,
    "zip": 415,
    "json": 413,
    "nested_json": 400,
    "form": 400,
}


@pytest.fixture(scope="module")
def bombs() -> dict[str, tuple[bytes, str]]:
    costly = (pictures.progressive_jpeg, pictures.exif_segments, pictures.rle_bmp)
    return {make.__name__: make() for make in costly} | pictures.bombs()


@pytest.mark.slow
def test_every_kind_is_tried(bombs: dict[str, tuple[bytes, str]]) -> None:
    assert set(STATUSES) == set(bombs)


@pytest.mark.parametrize("name", STATUSES)
@pytest.mark.slow
def test_a_bomb_costs_little(client: FlaskClient, bombs: dict[str, tuple[bytes, str]], name: str) -> None:
    body, kind = bombs[name]
    start_s = time.thread_time()
    response = client.post(READ, data=body, content_type=kind)
    assert time.thread_time() - start_s < MOST_CPU_S
    assert response.status_code == STATUSES[name], response.text
    assert len(response.json.get("error", "x" * 20)) >= 20
