from __future__ import annotations

from scripts import make_engine_config


def test_the_page_has_the_thresholds_of_the_server() -> None:
    written = make_engine_config.FILE.read_text("utf-8")
    assert written == make_engine_config.module_text(), "run: python scripts/make_engine_config.py"


def test_tuples_become_arrays_and_what_the_page_does_not_do_is_left_out() -> None:
    text = make_engine_config.module_text()
    assert "\nexport const SHARED = {\n  ink_threshold: 0.35,\n" in text
    assert "  edge_band: [0.25, 0.6],\n" in text
    assert "DECODE_LIMITS" not in text
