"""A reading ends at the first check after its deadline, without affecting other readings."""

from __future__ import annotations

import threading
import time

import pytest

from inkling import Reader
from inkling.errors import DeadlineExceeded, InklingError
from inkling.explain import explain
from inkling.pipeline.deadline import check_deadline, deadline

AT_ONCE_S = 1e-6


def work(cpu_s: float) -> None:
    until_s = time.thread_time() + cpu_s
    while time.thread_time() < until_s:
        pass


def test_without_a_deadline_nothing_ends() -> None:
    check_deadline()
    with deadline(0):
        check_deadline()
    with deadline(100):
        check_deadline()


def test_a_reading_that_used_the_processor_ends() -> None:
    with deadline(0.01):
        work(0.02)
        with pytest.raises(DeadlineExceeded, match=r"takes more than 0\.01 s to read; expected one with fewer"):
            check_deadline()


def test_a_reading_that_had_no_processor_goes_on() -> None:
    with deadline(0.01):
        time.sleep(0.02)
        check_deadline()


def test_it_ends_with_its_block_and_holds_for_its_thread_alone() -> None:
    failures: list[InklingError] = []

    def other() -> None:
        try:
            check_deadline()
        except InklingError as error:
            failures.append(error)

    with deadline(AT_ONCE_S):
        time.sleep(0.001)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    check_deadline()
    assert not failures


def test_every_reader_and_explanation_checks_it(seven: bytes, reader: Reader) -> None:
    trace = reader.trace(seven)
    with deadline(AT_ONCE_S):
        for act in (
            lambda: reader.read(seven),
            lambda: reader.read_glyphs(reader.prepare(seven)),
            lambda: explain(reader, seven),
            lambda: reader.classify(trace.tiles),
        ):
            with pytest.raises(DeadlineExceeded):
                act()
