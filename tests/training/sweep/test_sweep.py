"""inkling sweep on Ray, from the command line: killed and resumed, with failing trials, on a cluster of two nodes."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inkling.models import registry
from inkling.training import recipe as recipes
from inkling.training import run_history, train
from tests.training.small import small_mnist

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

ROOT = Path(__file__).parents[3]
RECIPE = """
name = "tiny"
architecture = "ann"
epochs = 4
batch_size = 50
learning_rate = 0.01
hidden = 8
n_validation = 200
"""
SPACE = """
learning_rate = { low = 0.001, high = 0.05, log = true }
batch_size = [25, 50]
augmentation.rotation = { low = 0, high = 10 }
"""
# The command, with the small data set instead of MNIST.
COMMAND = """
import sys
from inkling import cli
from inkling.training.data import mnist
from tests.training.small import small_mnist
mnist.load_mnist = small_mnist
sys.argv = ["inkling", "sweep", *sys.argv[1:]]
cli.main()
"""
# Starts two nodes with one core each, prints the cluster's address and waits for the end of its own input.
CLUSTER = """
import logging, sys
from ray.cluster_utils import Cluster
nodes = {"num_cpus": 1, "object_store_memory": 100 * 2**20, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args=nodes)
cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


def start(*arguments: object, folder: Path = ROOT) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(
        line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def sweep(*arguments: object, code: int = 0, folder: Path = ROOT) -> tuple[str, str]:
    """Standard output and error of `inkling sweep`, after it has ended with `code`."""
    with start(*arguments, folder=folder) as process:
        try:
            output, errors = process.communicate(timeout=400)
        finally:
            process.kill()
    assert process.returncode == code, (output, errors)
    return output, errors


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Waits for a condition while the process runs, for at most five minutes."""
    give_up_s = time.monotonic() + 300
    while not condition():
        if process.poll() is not None or time.monotonic() > give_up_s:
            process.kill()
            pytest.fail(f"it never came: {process.communicate()}")
        time.sleep(0.05)


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    (tmp_path / "tiny.toml").write_text(RECIPE, "utf-8")
    (tmp_path / "space.toml").write_text(SPACE, "utf-8")
    return [str(tmp_path / "tiny.toml"), "--space", str(tmp_path / "space.toml")]


def test_a_sweep_runs_in_the_working_folder_whatever_its_name(asked: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    sweep(*asked, "--trials", 2, folder=folder)
    found = list((folder / "runs").iterdir())
    assert [path.name.startswith("sweep-tiny-") for path in found] == [True]
    assert len(table(found[0])) == 2
    assert registry.find(found[0] / "best").manifest["recipe"]["name"].startswith("tiny-")


def test_a_sweep_killed_and_resumed_makes_every_trial_once_and_the_best_can_be_trained_again(
    asked: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    with start(*asked, "--trials", 3, "--at-once", 1, "--out", folder) as process:
        until(process, lambda: (folder / "trials.csv").exists() and len(table(folder)) >= 2)
        os.kill(process.pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=200)
    assert errors.splitlines()[0].startswith("tiny: learning_rate, batch_size, augmentation.rotation ->")
    before = [row for row in table(folder) if row["state"] != "interrupted"]
    assert before
    written = {path: path.stat().st_mtime_ns for path in folder.glob("trials/*/bundle/manifest.json")}

    output, errors = sweep("--resume", folder, "--trials", 4, "--test")
    assert "Traceback" not in errors
    after = table(folder)
    assert [row["trial"] for row in after] == [str(number) for number in range(4)]
    assert {row["state"] for row in after} <= {"finished", "stopped"}
    assert after[: len(before)] == before
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in written.items())
    assert not (folder / ".scratch").exists()

    # The first trial is the unchanged recipe.
    own = [after[0][name] for name in ("learning_rate", "batch_size", "augmentation.rotation")]
    assert own == ["0.01", "50", "0.0"]

    best = min((row for row in after if row["state"] == "finished"), key=lambda row: float(row["val_loss"]))
    assert f"best: trial {best['trial']}, " in output
    chosen = recipes.find(folder / "best.toml")
    assert chosen.name == f"tiny-{best['trial']}"
    assert repr(chosen.learning_rate) == best["learning_rate"]
    made = registry.find(folder / "best")
    assert made.manifest["scores"]["mnist-test"]["n"] == 200
    assert "mnist-test" not in registry.find(folder / "trials" / f"{int(best['trial']):04d}").manifest["scores"]

    # A trial is a normal run of its recipe and gives the same numbers.
    again = train.train(chosen, small_mnist(), tmp_path / "again")
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in run_history.read_history(again / "history.csv")]
    kept = run_history.read_history(folder / "best" / "history.csv")
    assert len(kept) == chosen.epochs
    for one, other in zip(rows, kept, strict=True):
        assert one == pytest.approx({k: v for k, v in other.items() if k != "seconds"}, rel=1e-4)

    # The page has no external resources.
    page = (folder / "report.html").read_text("utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", page)
    assert page.count('<tr class="') == 4
    assert len(re.findall(r"<svg", page)) == 2 + 1 + 3
    assert "4 trials: " in page

    _, errors = sweep("--resume", folder, "--trials", 2, code=1)
    assert "--trials is 2; " in errors


def test_ctrl_c_leaves_a_folder_that_goes_on_and_says_so(asked: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    with start(*asked, "--set", "epochs=400", "--trials", 2, "--out", folder) as process:
        until(process, lambda: len(list(folder.glob("trials/*/history.csv"))) >= 1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=200)
    assert process.returncode == 130
    assert output == ""
    # The message is on its own line; a Ray process may print something after it.
    assert f"inkling: stopped; continue with: inkling sweep --resume {folder}" in errors.splitlines(), errors
    assert "Traceback" not in errors
    _, errors = sweep("--resume", folder, "--time-limit", "1s")
    assert f"out of time, 2 trials left: inkling sweep --resume {folder}" in errors


def test_trials_that_fail_or_are_killed_are_marked_and_the_others_go_on(asked: list[str], tmp_path: Path) -> None:
    folder, space = tmp_path / "sweep", tmp_path / "space.toml"
    space.write_text('teacher.name = ["", "cnn-digit"]\n', "utf-8")
    _, errors = sweep(*asked, "--out", folder, code=1)
    assert "unknown model 'cnn-digit'" in errors
    assert not folder.exists()

    # Only the cnn supports non-digits, so some of these combinations are invalid.
    space.write_text('architecture = ["ann", "ann-dropout"]\nnondigits = [0.0, 0.2]\n', "utf-8")
    with start(*asked, "--set", "epochs=40", "--trials", 5, "--at-once", 1, "--out", folder) as process:
        until(process, (folder / "trials" / "0000" / "history.csv").exists)
        os.kill(next(trainers(process.pid)), signal.SIGKILL)
        output, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    rows = table(folder)
    assert len(rows) == 5
    assert (rows[0]["state"], rows[0]["error"]) == ("failed", "the process was killed")
    refused = [row for row in rows if row["nondigits"] == "0.2"]
    assert refused
    assert all("nondigits is 0.2, but the architecture" in row["error"] for row in refused)
    assert {row["state"] for row in rows[1:] if row["nondigits"] == "0.0"} <= {"finished", "stopped"}
    assert f"{1 + len(refused)} failed" in output
    assert "failed  the process was killed" in errors


@pytest.fixture
def cluster() -> Iterator[tuple[str, int]]:
    """The address and the process id of a cluster of two nodes."""
    line = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(
        line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid
        process.communicate("", timeout=60)


def test_on_a_cluster_a_trial_whose_process_is_killed_is_made_once_more(
    asked: list[str], cluster: tuple[str, int], tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    with start(*asked, "--set", "epochs=30", "--trials", 3, "--cluster", cluster[0], "--out", folder) as process:
        until(process, lambda: len(list(folder.glob("trials/*/history.csv"))) >= 2)
        os.kill(next(trainers(cluster[1])), signal.SIGKILL)
        output, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    rows = table(folder)
    assert len(rows) == 3
    assert {row["state"] for row in rows} <= {"finished", "stopped"}
    assert json.loads((folder / "best" / "environment.json").read_text("utf-8"))["python"]
    assert "best: trial" in output


def trainers(cluster: int) -> Iterator[int]:
    """Process ids of the trials on the cluster with process id `cluster`, found by the names that Ray gives them."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if path.joinpath("cmdline").read_bytes().startswith(b"ray::ImplicitFunc"):
                parent = int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
                grandparent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
                if cluster in (parent, grandparent):
                    yield int(path.name)
        except OSError:
            continue
