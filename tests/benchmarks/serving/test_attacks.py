"""The attacks: requirements for their results, and properties of the pictures."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.serving.soak.attacks import kinds, measurement, pictures, proxy
from inkling.server.settings import Settings

ROW = {
    "attack": "bombs", "way": "proxy", "requests": 50, "answered": 50, "p99_ms": 300.0, "memory_mb": 2000,
    "attacker": {"200": 3}, "attacker_most_200": None,
}  # fmt: skip


def faults(**changed: Any) -> list[str]:
    part = {"memory_most_mb": 2000, "rows": [{**ROW, **changed}]}
    return [what for what, _, _, good in measurement.checks(part) if not good]


def test_an_attack_that_everything_withstands_has_no_fault() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"answered": 49}, "regular requests, failed"),
        ({"p99_ms": 300.1}, "p99"),
        ({"memory_mb": 2001}, "memory"),
        ({"attacker_most_200": 2}, "successes of the attacker"),
        ({"way": "direct", "answered": 0}, "regular requests, failed"),
    ],
)
def test_each_fault_is_named(changed: dict[str, Any], named: str) -> None:
    (fault,) = faults(**changed)
    assert named in fault


def test_without_a_proxy_only_the_p99_is_free() -> None:
    assert faults(way="direct", p99_ms=9000.0) == []


def test_there_are_twelve_attacks() -> None:
    assert len(kinds.ATTACKS) == 12
    assert measurement.COUNT == 26


def test_the_memory_is_what_the_page_states() -> None:
    assert 100 < measurement.memory_most_mb() < 5000


def test_the_scans_go_over_all_pixels_again() -> None:
    body, _ = pictures.progressive_jpeg()
    assert body.count(b"\xff\xda") > pictures.SCANS
    assert len(body) < 1_000_000


def test_runs_of_one_pixel_are_a_picture() -> None:
    assert Image.open(io.BytesIO(pictures.rle_bmp()[0])).getpixel((257, 0)) == 1


@pytest.mark.slow
def test_bombs_are_small_and_claim_much() -> None:
    bombs = pictures.bombs()
    assert len(bombs) > 20
    assert max(len(body) for body, _ in bombs.values()) < Settings().max_upload_bytes / 5
    for name in ("png", "gif", "webp", "bmp", "tga"):
        with warnings.catch_warnings(action="ignore"), contextlib.suppress(Image.DecompressionBombError):
            width, height = Image.open(io.BytesIO(bombs[name][0])).size
            assert width * height > 100_000_000


def test_a_frame_has_its_length_first() -> None:
    assert kinds._frame(1, 4, 3, b"abc") == b"\0\0\3\1\4\0\0\0\3abc"


def test_the_proxy_s_files_are_the_shipped_ones_with_these_ports(tmp_path: Path) -> None:
    main = proxy.laid_out(tmp_path, app_port=1234, port=2345).read_text()
    assert "server 127.0.0.1:1234;" in main
    assert "listen 127.0.0.1:2345;" in (tmp_path / "inkling" / "site.conf").read_text()
    assert (tmp_path / "inkling" / "server.conf").read_text() == (proxy.SHIPPED / "server.conf").read_text()
    assert "8080" not in main
