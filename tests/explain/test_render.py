import base64
import io

import numpy as np
import pytest
from PIL import Image

from inkling.explain import render
from inkling.explain.render import DARK, LIGHT, Theme


def opened(uri: str) -> Image.Image:
    head, content = uri.split(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def luminance(colour: tuple[int, ...]) -> float:
    """Relative luminance as defined in WCAG 2.2."""
    share = np.array(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colours_of_words_and_signs_stand_out_from_the_paper(theme: Theme) -> None:
    paper = luminance(theme.paper)
    for colour, least in ((theme.ink, 7), (theme.quiet, 4.5), (theme.plus, 4.5), (theme.minus, 3)):
        bright, dim = max(paper, luminance(colour)), min(paper, luminance(colour))
        assert (bright + 0.05) / (dim + 0.05) >= least


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_sign_is_hue_size_is_strength_and_zero_is_clear(theme: Theme) -> None:
    values = np.zeros((28, 28))
    values[3, 3], values[3, 4], values[5, 5], values[5, 6] = 4, 1, -4, -1
    picture = render.attribution_image(values, theme)
    assert tuple(picture[3, 3]) == (*theme.plus, 255)
    assert tuple(picture[5, 5]) == (*theme.minus, 255)
    assert 0 < picture[3, 4, 3] == picture[5, 6, 3] < 255
    assert picture[0, 0, 3] == 0


def test_a_map_of_nothing_is_clear() -> None:
    assert not render.attribution_image(np.zeros((28, 28)))[..., 3].any()


def test_the_outline_runs_along_the_ink() -> None:
    tile = np.zeros((28, 28), np.float32)
    tile[8:20, 10:15] = 1
    (line,) = render.ink_outline(tile)
    xs, ys = np.array(line).T
    assert [xs.min(), xs.max(), ys.min(), ys.max()] == pytest.approx([10, 15, 8, 20], abs=0.35)
    assert render.ink_outline(np.zeros((28, 28), np.float32)) == []


@pytest.mark.parametrize("n", [1, 2, 5, 6, 7, 16])
def test_a_sheet_holds_every_tile(n: int) -> None:
    tiles = np.zeros((n, 28, 28), np.float32)
    tiles[:, 10:18, 10:18] = 1
    picture = render.tile_grid(tiles, 500)
    assert max(picture.shape) <= 500
    inked = (picture == LIGHT.ink).all(axis=2)
    factor = round((inked.sum() / n) ** 0.5) // 8
    assert inked.sum() == n * (8 * factor) ** 2


def test_a_png_keeps_every_pixel() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 4), np.uint8)
    assert (np.asarray(opened(render.data_uri(picture))) == picture).all()
