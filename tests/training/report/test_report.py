"""inkling report: plot functions draw the given numbers, and the page works offline."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from inkling import cli
from inkling.cli.report import command
from inkling.errors import BadBundle, NotFound, UnknownName
from inkling.models import registry
from inkling.training import keras_setup, recipe, train
from inkling.training.data.mnist import MNIST_ARRAYS, MNIST_FILE, Mnist, as_input, sha256_of
from inkling.training.report import measurements, network_views, subject
from tests.browser.conftest import FLAGS, chromium_path
from tests.training.small import LEARN, small_mnist

if TYPE_CHECKING:
    from matplotlib.axes import Axes

pytestmark = LEARN

TINY = {
    "name": "tiny",
    "architecture": "ann",
    "epochs": 2,
    "batch_size": 50,
    "learning_rate": 0.01,
    "hidden": 12,
    "n_validation": 200,
    "augmentation": {"rotation": 10, "continental": 0.5},
}


@pytest.fixture(scope="module")
def mnist() -> Mnist:
    return small_mnist()


@pytest.fixture(scope="module")
def run(mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small training run."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    return train.train(recipe.from_table(TINY), mnist, folder)


@pytest.fixture(scope="module")
def measured(run: Path, mnist: Mnist) -> measurements.Measurements:
    return measurements.measure(subject.find_subjects([run])[0], mnist)


@pytest.fixture(scope="module")
def one(run: Path, mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of one run."""
    from inkling.training.report import report_page

    out = tmp_path_factory.mktemp("one")
    assert report_page.make_report(subject.find_subjects([run]), mnist, out) == out / "report.html"
    return out


@pytest.fixture(scope="module")
def two(run: Path, mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The report of a run and a packaged model, and the progress messages."""
    from inkling.training.report import report_page

    out, said = tmp_path_factory.mktemp("two"), []
    report_page.make_report(subject.find_subjects([run, "ann-tutorial"]), mnist, out, tell=said.append)
    return out, said


@pytest.fixture
def ax() -> Axes:
    from inkling.training.report import style

    return style.new_figure(style.HALF, "title")[1]


def test_the_page_opens_offline_and_shows_every_figure(one: Path) -> None:
    page = (one / "report.html").read_text("utf-8")
    sources = re.findall(r'<img src="([^"]{30})', page)
    assert len(sources) == len(list((one / "figures").glob("*.png"))) >= 15
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r'(src|href)="(?!data:|#)', page)  # no external resources
    assert "url(" not in page
    assert page.count("<img ") == page.count('alt="')
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page


def test_every_kind_of_figure_is_there_and_opaque(one: Path) -> None:
    names = {path.stem for path in (one / "figures").glob("*.png")}
    assert names >= {
        "learning-loss", "learning-error", "confusion", "per-class", "mistakes-1", "reliability", "confidence",
        "reliability-shifted", "coverage", "robustness-rotation", "robustness-shift", "robustness-noise",
        "robustness-stroke",
        "robustness-contrast", "weights", "hidden-pca", "hidden-tsne", "augmentation",
    }  # fmt: skip
    for path in (one / "figures").glob("*.png"):
        with Image.open(path) as figure:
            pixels = np.asarray(figure.convert("RGBA"))
        assert pixels[..., 3].min() == 255, path
        assert pixels[..., :3].std() > 5, path  # something is drawn
        assert pixels.shape[1] in (1000, 2000), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_fits_phone_and_desk(one: Path, width: int, scheme: Literal["light", "dark"]) -> None:
    path = chromium_path()
    if path is None:
        assert os.environ.get("CI") != "true", "Chromium is not installed"
        pytest.skip("Chromium is not installed; this test looks at the real page in it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        ).new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        page.goto((one / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('figcaption')).fontSize)") >= 14
        channels = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (sum(channels) < 200) == (scheme == "dark")
        page.locator("summary").first.click()
        expect(page.locator("details table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert faults == []
        browser.close()


def test_markdown_shows_the_same_figures(one: Path) -> None:
    text = (one / "report.md").read_text("utf-8")
    files = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert sorted(files) == sorted(f"figures/{path.name}" for path in (one / "figures").iterdir())
    assert "| tiny |" in text


def test_the_numbers_are_those_of_the_bundle(one: Path, measured: measurements.Measurements) -> None:
    report = json.loads((one / "report.json").read_text("utf-8"))
    assert report["n"] == 200
    (model,) = report["models"]
    assert model["scores"] == json.loads(json.dumps(measured.summary))
    assert model["confusion"] == measured.confusion.tolist()
    assert [row["epoch"] for row in model["history"]] == [1, 2]
    with (one / "tables" / "robustness.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(curve.levels) for curve in measured.robustness)
    untouched = {float(row["accuracy"]) for row in rows if float(row["level"]) == 0}
    assert untouched == {measured.summary["accuracy"]}
    assert {"accuracy_95_low", "accuracy_95_high"} <= set(rows[0])
    with (one / "tables" / "calibration.csv").open() as file:
        judged = [(row["data"], int(row["n"]), float(row["coverage"])) for row in csv.DictReader(file)]
    assert judged == [
        ("test digits", 200, measured.at_sure.coverage),
        ("augmented test digits", 200, measured.shifted.at_sure.coverage),
    ]
    assert f"{measured.summary['accuracy']:.2%}" in (one / "report.html").read_text("utf-8")


def test_several_models_are_compared(two: tuple[Path, list[str]]) -> None:
    out, said = two
    names = {path.stem for path in (out / "figures").glob("*.png")}
    assert names >= {
        "compared-coverage",
        "compared-digits",
        "compared-reliability",
        "compared-shifted",
        "robustness-noise",
    }
    assert {"tiny-confusion", "ann-tutorial-confusion", "tiny-learning-loss", "tiny-augmentation"} <= names
    assert "ann-tutorial-learning-loss" in names, "its bundle has a history"
    page = (out / "report.html").read_text("utf-8")
    assert "<h1>tiny and ann-tutorial</h1>" in page
    assert len(json.loads((out / "report.json").read_text())["models"]) == 2
    with (out / "tables" / "overview.csv").open() as file:
        assert [row["model"] for row in csv.DictReader(file)] == ["tiny", "ann-tutorial"]
    assert said[0].startswith("tiny: ")
    assert any("drawing robustness-noise" in line for line in said)


def test_view_of_a_dense_network(measured: measurements.Measurements) -> None:
    view = network_views.inspect_network(measured.subject.bundle, as_input(measured.images))
    assert view is not None
    assert (view.first_weights.shape, view.is_dense) == ((12, 28, 28), True)
    assert list(view.votes) == sorted(view.votes)
    assert view.pca.shape == view.tsne.shape == (200, 2)
    assert 0 < view.explained_variance[1] <= view.explained_variance[0] <= 1
    again = network_views.inspect_network(measured.subject.bundle, as_input(measured.images))
    assert again is not None
    np.testing.assert_array_equal(again.tsne, view.tsne)


def test_hidden_layer_leads_to_the_probabilities(measured: measurements.Measurements) -> None:
    model = keras_setup.open_keras_model(measured.subject.bundle, task="this test")
    tiles = as_input(measured.images[:20])
    hidden = network_views.hidden_activations(model, tiles)  # (20, 12)
    kernel, bias = model.layers[-1].get_weights()
    logits = hidden @ kernel + bias
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(probs, model.predict(tiles, verbose=0), atol=1e-5)


def test_kernels_of_a_convolution_and_their_figure(mnist: Mnist, measured: measurements.Measurements) -> None:
    from inkling.training.architectures import ARCHITECTURES
    from inkling.training.report import report_figures, style

    keras_setup.import_keras(seed=0)
    model = ARCHITECTURES["cnn"].build(recipe.find("cnn"))
    kernels, is_dense, votes = network_views.first_weights(model)
    assert not is_dense
    np.testing.assert_array_equal(kernels[3], model.layers[1].get_weights()[0][:, :, 0, 3])
    hidden = network_views.hidden_activations(model, as_input(mnist.x_test[:60]))
    assert hidden.shape == (60, 96)
    view = network_views.NetworkView(kernels, is_dense, votes, *network_views.embed_2d(hidden))
    few = dataclasses.replace(measured, subset=np.arange(60))
    spec = report_figures.network_figures(few, view)[0]
    assert f"{len(kernels)} kernels of 3x3" in spec.title
    _, ax = style.new_figure(spec.size_in, spec.title)
    assert len(spec.draw(ax).images) == len(kernels)


def test_a_bundle_without_keras_file_is_still_reported_on(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "bare")
    (tmp_path / "bare" / "model.keras").unlink()
    bare = registry.find(tmp_path / "bare")
    assert network_views.inspect_network(bare, np.zeros((5, 28, 28), np.float32)) is None
    (tmp_path / "bare" / "model.keras").write_bytes(b"holiday.jpg")
    with pytest.raises(BadBundle, match="is not a Keras file"):
        network_views.inspect_network(bare, np.zeros((5, 28, 28), np.float32))


def test_plot_functions_return_their_ax_and_draw_the_numbers(ax: Axes, measured: measurements.Measurements) -> None:
    from inkling.training.report import metric_plots

    assert metric_plots.learning_curves(ax, {"training": [0.5, 0.25], "validation": [0.4, 0.2]}, what="loss") is ax
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 0.5], [2, 0.25]])
    assert {text.get_text() for text in ax.texts} == {"training", "validation"}
    ax.clear()
    curve = measured.robustness[0]
    assert metric_plots.robustness_curves(ax, {"tiny": curve}) is ax
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), curve.accuracy)
    ax.clear()
    metric_plots.confusion_matrix(ax, measured.confusion)
    shown = [int(text.get_text().replace(",", "")) for text in ax.texts]
    assert sum(shown) == 200


def test_stages_are_marked_where_they_begin(ax: Axes) -> None:
    from inkling.training.report import metric_plots

    metric_plots.learning_curves(ax, {"validation": [0.4, 0.3, 0.2, 0.1]}, what="loss", borders=[1, 3])
    assert [line.get_xdata()[0] for line in ax.lines[:2]] == [1.5, 3.5]
    assert {text.get_text() for text in ax.texts} == {"stage 2", "stage 3", "validation"}
    ax.figure.canvas.draw()


def test_a_curve_that_reaches_zero_is_drawn_up_to_there(ax: Axes) -> None:
    from inkling.training.report import metric_plots

    metric_plots.learning_curves(
        ax, {"training": [0.1, 0.01, 0.0], "validation": [0.0, 0.0, 0.0]}, what="read wrong", percent=True
    )
    ax.figure.canvas.draw()
    (label,) = ax.texts
    assert (label.get_text(), label.xy) == ("training", (2, 0.01))
    ax.clear()
    metric_plots.learning_curves(ax, {"validation": [0.0]}, what="read wrong")
    ax.figure.canvas.draw()


def test_labels_at_line_ends_do_not_overlap(ax: Axes) -> None:
    from inkling.training.report import style

    ax.set(xlim=(0, 1), ylim=(0, 1))
    style.label_ends(ax, [(1, 0.5, "a", "k"), (1, 0.501, "b", "k"), (1, 0.502, "c", "k"), (1, 0.9, "d", "k")])
    ax.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in itertools.pairwise(boxes))


@pytest.mark.parametrize("n", [0, 1, 26])
def test_mistakes_of_any_number_are_drawn(ax: Axes, n: int) -> None:
    from inkling.training.report import image_plots

    note = {"label": 4, "read": 9, "confidence": 0.999}
    assert image_plots.misread_tiles(ax, np.zeros((n, 28, 28), np.uint8), [note] * n) is ax
    assert len(ax.images) == n
    assert [text.get_text() for text in ax.texts] == ["4", "\N{RIGHTWARDS ARROW} 9", "99%"] * n


def test_a_perfect_network_can_be_drawn(measured: measurements.Measurements) -> None:
    from inkling.training.report import report_figures, style

    probs = np.eye(10)[measured.labels]
    right = dataclasses.replace(
        measured,
        probs=probs,
        confusion=np.diag(np.bincount(measured.labels, minlength=10)),
        per_class=[{"digit": d, "n": 20, "precision": 1.0, "recall": 1.0, "f1": 1.0} for d in range(10)],
        bins_before=measurements.reliability_bins(probs, measured.labels),
        bins=measurements.reliability_bins(probs, measured.labels),
        risk_coverage=measurements.risk_coverage_curve(probs, measured.labels),
        at_sure=measurements.risk_coverage_at(probs, measured.labels, 0.5),
        worst=measurements.most_confident_errors(probs, measured.labels),
    )
    specs = [*report_figures.error_figures(right), *report_figures.confidence_figures(right)]
    assert not [spec for spec in specs if spec.name.startswith("mistakes")]
    for spec in specs:
        figure, ax = style.new_figure(spec.size_in, spec.title)
        spec.draw(ax)
        figure.canvas.draw()


def test_labels_tell_subjects_apart(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "other")
    assert [each.label for each in subject.find_subjects([run, "ann-tutorial"])] == ["tiny", "ann-tutorial"]
    assert [each.label for each in subject.find_subjects([run, tmp_path / "other"])] == ["small", "other"]
    assert [each.label for each in subject.find_subjects([run, run])] == ["tiny 1", "tiny 2"]
    assert subject.find_subjects([run / "bundle"])[0].run == run


def test_what_is_no_run_is_one_sentence(run: Path, tmp_path: Path) -> None:
    with pytest.raises(BadBundle, match=r"has no readable manifest\.json"):
        subject.find_subjects([tmp_path])
    with pytest.raises(UnknownName, match="Did you mean 'ann-tutorial'"):
        subject.find_subjects(["ann-tutoral"])
    shutil.copyfile(run / "history.csv", tmp_path / "history.csv")
    with pytest.raises(NotFound, match="inkling train --resume"):
        subject.find_subjects([tmp_path])
    assert isinstance(CliRunner().invoke(command, [str(tmp_path)]).exception, NotFound)


def test_the_command_writes_beside_the_run(
    run: Path, mnist: Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = {name: getattr(mnist, name) for name in MNIST_ARRAYS}
    sums = {name: (array.shape, sha256_of(array)) for name, array in arrays.items()}
    monkeypatch.setattr("inkling.training.data.mnist.MNIST_ARRAYS", sums)
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path))
    np.savez(tmp_path / MNIST_FILE, **arrays)
    result = CliRunner().invoke(command, [str(run)], catch_exceptions=False)
    assert result.stdout.strip() == str(run / "report" / "report.html")
    assert (run / "report" / "report.md").is_file()


def test_confidence_is_checked_on_a_folder_of_pictures(run: Path, mnist: Mnist, tmp_path: Path) -> None:
    from inkling.training.report import report_page

    pictures = tmp_path / "scans"
    pictures.mkdir()
    for i in range(20):
        Image.fromarray(255 - mnist.x_test[i]).save(pictures / f"{mnist.y_test[i]}__{i}.png")
    report_page.make_report(subject.find_subjects([run]), mnist, tmp_path / "report", pictures=pictures)
    shifted = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))["models"][0]["shifted"]
    assert (shifted["name"], shifted["summary"]["n"]) == ("scans", 20)
    assert "| scans |" in (tmp_path / "report" / "report.md").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_one_sentence(run: Path, mnist: Mnist, tmp_path: Path) -> None:
    from inkling.errors import InklingError
    from inkling.training.report import report_page

    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InklingError, match=r"cannot be written .* another --out"):
        report_page.make_report(subject.find_subjects([run]), mnist, tmp_path / "file" / "report")


@pytest.mark.parametrize("missing", ["matplotlib", "seaborn", "pandas", "sklearn", "keras"])
def test_a_missing_extra_is_one_sentence(missing: str, mnist: Mnist, tmp_path: Path) -> None:
    np.savez(tmp_path / "small.npz", x=mnist.x_test[:40], y=mnist.y_test[:40])
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import numpy as np\n"
        "from inkling import cli\nfrom inkling.training.data import mnist\n"
        f"with np.load({str(tmp_path / 'small.npz')!r}) as a: x, y = a['x'], a['y']\n"
        "mnist.load_mnist = lambda: mnist.Mnist(x, y, x, y)\n"
        f"sys.argv = ['inkling', 'report', 'ann-tutorial', '--out', {str(tmp_path / 'out')!r}]\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert "make install-learn" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_command() -> None:
    assert "report" in CliRunner().invoke(cli.group, ["--help"]).output
    assert "inkling report runs/mine" in CliRunner().invoke(command, ["--help"]).output
