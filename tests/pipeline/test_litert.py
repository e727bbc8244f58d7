"""Running networks in LiteRT, without its messages on stderr."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadBundle
from inkling.models import registry
from inkling.pipeline.litert import LiteRTModel


def test_another_input_is_refused() -> None:
    ann = registry.find("ann")
    with pytest.raises(BadBundle, match=r"input of shape \[-1, 28, 28\]; expected float32 of \(N, 28, any\)"):
        LiteRTModel(ann.model_bytes(), ann.model_path, (28, -1))


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(BadBundle, match="cannot be loaded"):
        LiteRTModel(b"nothing", Path("x"), (28, 28))


def test_images_of_any_width_are_read_and_one_after_another_changes_nothing() -> None:
    line = registry.line_recognizer()
    model = LiteRTModel(line.model_bytes(), line.model_path, (32, -1))
    found = [model(np.random.default_rng(w).random((1, 32, w), np.float32))[0] for w in (32, 140, 56, 32)]
    assert [probs.shape for probs in found] == [(8, 22), (35, 22), (14, 22), (8, 22)]
    np.testing.assert_array_equal(found[0], found[3])
    np.testing.assert_allclose([probs.sum(axis=1).mean() for probs in found], 1, atol=1e-5)


def test_a_reader_leaves_stderr_empty() -> None:
    program = """
        import numpy as np
        from inkling import Reader
        print(Reader().read(np.full((64, 64), 255, np.uint8)).outcome)
    """
    done = run_python(program)
    assert (done.stdout, done.stderr) == ("empty\n", "")


def test_what_other_threads_write_to_stderr_while_a_network_loads_arrives() -> None:
    program = """
        import os, sys, threading
        from inkling import Reader
        from inkling.errors import BadBundle
        from inkling.pipeline.litert import LiteRTModel

        def write():
            for i in range(1000):
                sys.stderr.write(f"python {i}\\n")
                os.write(2, b"native %d\\n" % i)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            LiteRTModel(b"damaged", "x", (28, 28))
        except BadBundle:
            sys.stderr.write("refused\\n")
        Reader()
        writer.join()
    """
    lines = run_python(program).stderr.splitlines()
    wanted = [f"{kind} {i}" for i in range(1000) for kind in ("python", "native")]
    assert [line for line in lines if line in set(wanted)] == wanted
    assert "refused" in lines


def test_a_failing_allocation_gives_stderr_back() -> None:
    program = """
        import os
        from inkling.pipeline import litert

        class Failing:
            def allocate_tensors(self):
                os.write(2, b"why\\n" + litert.NOTICE)
                raise RuntimeError

        try:
            litert._allocate_without_notice(Failing())
        except RuntimeError:
            os.write(2, b"after\\n")
    """
    assert run_python(program).stderr == "why\nafter\n"


def test_a_process_without_stderr_loads_a_network() -> None:
    program = """
        import os
        os.close(2)
        from inkling import Reader
        Reader()
        print("loaded")
    """
    assert run_python(program).stdout == "loaded\n"


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a new process, which has not loaded a network."""
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
