"""The conditional random field over segmentation graphs, against counting every path by hand; the command."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import Reader
from inkling.models import registry
from inkling.training.over_segmentation import cut_costs, synthetic_rows
from inkling.training.over_segmentation.crf import FITTED, INITIAL, Arcs, Row, paths_for_text, to_vector, with_vector

RNG = np.random.default_rng(5)


def arcs(pairs: list[tuple[int, int]]) -> Arcs:
    start, end = np.array(sorted(pairs, key=lambda pair: pair[1])).T
    probs = RNG.dirichlet(np.ones(10), len(pairs))
    return Arcs(int(end.max()), start, end, np.log(probs), RNG.normal(size=(len(pairs), len(FITTED))))


def paths(graph: Arcs, node: int = 0) -> list[list[int]]:
    if node == graph.last:
        return [[]]
    arcs = [(i, end) for i, (start, end) in enumerate(zip(graph.start, graph.end, strict=True)) if start == node]
    return [[i, *rest] for i, end in arcs for rest in paths(graph, end)]


def paths_by_hand(row: Row, weights: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every text up to three digits -> the sum over its paths of exp(score)."""
    found: dict[tuple[int, ...], float] = {}
    for chosen in itertools.product(*(paths(graph) for graph in row.graphs)):
        segments = [(graph, i) for graph, path in zip(row.graphs, chosen, strict=True) for i in path]
        for text in itertools.product(range(10), repeat=len(segments)):
            score = sum(
                graph.log_probs[i, d] + graph.features[i] @ weights
                for (graph, i), d in zip(segments, text, strict=True)
            )
            found[text] = found.get(text, 0.0) + float(np.exp(score))
    return found


@pytest.fixture(scope="module")
def row() -> Row:
    return Row("", [arcs([(0, 1), (1, 2), (0, 2)]), arcs([(0, 1)])], [4, 7])


def test_loss_is_that_of_counting_every_path(row: Row) -> None:
    weights = RNG.normal(size=6) * 0.3
    every = paths_by_hand(row, weights)
    assert cut_costs.loss(weights, row)[0] == pytest.approx(np.log(sum(every.values()) / every[4, 7]))


def test_gradient_is_the_slope_of_the_loss(row: Row) -> None:
    weights = RNG.normal(size=6) * 0.3
    gradient = cut_costs.loss(weights, row)[1]
    for i, step in enumerate(np.eye(6) * 1e-5):
        slope = (cut_costs.loss(weights + step, row)[0] - cut_costs.loss(weights - step, row)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, abs=1e-5)


def test_a_text_that_no_path_reads_teaches_nothing(row: Row) -> None:
    unreadable = Row("", row.graphs, [1, 2, 3, 4])
    loss, gradient = cut_costs.loss(np.zeros(6), unreadable)
    assert loss == 0
    assert not gradient.any()


def test_shares_say_which_digit_of_the_text_a_segment_is(row: Row) -> None:
    scores = [graph.log_probs for graph in row.graphs]
    _, shares = paths_for_text(row, scores)
    assert [share.shape for share in shares] == [(3, 2), (1, 2)]
    assert np.concatenate(shares).sum(axis=0) == pytest.approx([1, 1])  # each digit is read once, by some segment
    assert shares[1][0] == pytest.approx([0, 1])  # the last graph is one segment, so it reads the last digit


@pytest.mark.learn
def test_fitting_makes_the_text_more_probable(row: Row) -> None:
    begin = np.zeros(6)
    fitted = cut_costs.fit([row], begin)
    assert cut_costs.loss(fitted, row)[0] < cut_costs.loss(begin, row)[0]


@pytest.mark.slow
def test_best_text_is_what_the_reader_reads(digits: tuple[np.ndarray, np.ndarray]) -> None:
    """The fit judges by the very score that the pipeline uses."""
    reader = Reader("cnn")
    now = to_vector(INITIAL)
    made = list(synthetic_rows.write_rows(4, *digits, np.random.default_rng(3)))
    same = []
    for kind, picture, text in made:
        ours = cut_costs.best_path_text(Row(kind, cut_costs.read_graphs(reader, picture), text), now)
        same.append("".join(map(str, ours)) == reader.read(picture).text.replace("\n", ""))
    assert np.mean(same) >= 0.8  # the pipeline leaves out what it refuses, and doubts less


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the default reader's bundle, as one finds it before costs are written."""
    folder = shutil.copytree(registry.PACKAGED / "cnn", tmp_path / "cnn", ignore=shutil.ignore_patterns("report"))
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["cut_costs"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_the_command_writes_the_costs_and_nothing_else(bundle: Path) -> None:
    before = registry.find(bundle)
    assert before.cut_costs is None
    done = CliRunner().invoke(cut_costs.main, [str(bundle), "--keep", "--write"])
    assert done.exit_code == 0, done.output
    after = registry.find(bundle)
    assert after.cut_costs == INITIAL == registry.find("cnn").cut_costs
    assert {**before.manifest, "cut_costs": after.manifest["cut_costs"]} == after.manifest


def test_fitted_costs_keep_the_rest(bundle: Path) -> None:
    fitted = np.arange(1.0, 7.0)
    costs = with_vector(INITIAL, fitted)
    np.testing.assert_array_equal(to_vector(costs), fitted)
    cut_costs.write(registry.find(bundle), costs)
    written = registry.find(bundle).cut_costs
    assert written == costs
    assert (written.usual_width, written.line_misread) == (INITIAL.usual_width, INITIAL.line_misread)
    CliRunner().invoke(cut_costs.main, [str(bundle), "--keep", "--write"], catch_exceptions=False)
    assert registry.find(bundle).cut_costs == costs  # those it has stay
