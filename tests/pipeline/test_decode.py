import io

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkling import errors
from inkling.pipeline.binarize import binarize
from inkling.pipeline.decode import CONFIG, decode
from tests.pictures import drawn_seven, encoded, png_header

GREY = drawn_seven()
PIL = Image.fromarray(GREY)
RGBA = Image.merge("RGBA", (PIL, PIL, PIL, PIL.point(lambda v: 255)))


def deep(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image).astype(np.uint16) * 257)


@pytest.mark.parametrize(
    ("name", "content", "tolerance"),
    [
        ("grey PNG", encoded(PIL), 0),
        ("RGB PNG", encoded(PIL.convert("RGB")), 0),
        ("RGBA PNG", encoded(RGBA), 0),
        ("grey and alpha PNG", encoded(PIL.convert("LA")), 0),
        ("palette PNG", encoded(PIL.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE)), 2),
        ("1-bit PNG", encoded(PIL.convert("1", dither=Image.Dither.NONE)), 128),
        ("16-bit PNG", encoded(deep(PIL)), 1),
        ("16-bit TIFF", encoded(deep(PIL), "TIFF"), 1),
        ("float TIFF", encoded(Image.fromarray(GREY.astype(np.float32) / 255), "TIFF"), 1),
        ("JPEG", encoded(PIL, "JPEG", quality=95), 12),
        ("CMYK JPEG", encoded(PIL.convert("CMYK"), "JPEG", quality=95), 14),
        ("WebP", encoded(PIL, "WEBP", lossless=True), 0),
        ("animated GIF", encoded(PIL, "GIF", save_all=True, append_images=[Image.new("L", PIL.size)]), 2),
        ("BMP", encoded(PIL, "BMP"), 0),
        ("CMYK TIFF", encoded(PIL.convert("CMYK"), "TIFF"), 2),
    ],
)
def test_every_format_and_mode_becomes_the_same_grey(name: str, content: bytes, tolerance: int) -> None:
    picture = decode(content)
    assert picture.size_wh == (280, 280)
    assert picture.image.dtype == np.uint8
    assert np.abs(picture.image.astype(int) - GREY).max() <= tolerance, name


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    upright = np.full((40, 60), 255, np.uint8)
    upright[5:15, 5:25] = 0  # a mark that distinguishes all eight orientations
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(np.ascontiguousarray(undo(upright)), kind, exif=exif, quality=95)
    for source in (content, Image.open(io.BytesIO(content))):
        picture = decode(source)
        assert picture.size_wh == (60, 40)
        assert np.abs(picture.image.astype(int) - upright).max() < 30


def test_transparent_background_contrasts_with_the_ink() -> None:
    alpha = 255 - GREY
    for ink, paper in ((0, 255), (255, 0)):
        clear = np.dstack([np.full_like(GREY, ink)] * 3 + [alpha])
        image = decode(clear).image
        assert image[0, 0] == paper
        assert abs(int(image[75, 130]) - ink) < 40


def test_mostly_opaque_picture_keeps_its_own_paper() -> None:
    rounded = np.dstack([GREY] * 3 + [np.full_like(GREY, 255)])
    rounded[:20, :20, 3] = 0
    assert decode(rounded).image[0, 0] == 255
    assert decode(255 - np.dstack([GREY] * 3 + [255 - rounded[:, :, 3]])).image[0, 0] == 0


@pytest.mark.parametrize(("ink", "background"), [(100, 255), (160, 0)])
def test_a_smaller_opaque_part_is_the_ink(ink: int, background: int) -> None:
    picture = np.zeros((30, 30, 4), np.uint8)
    picture[:12] = ink, ink, ink, 255
    image = decode(picture).image
    assert image[0, 0] == ink
    assert image[29, 29] == background


@pytest.mark.parametrize(("size_wh", "enough"), [((3, 8), True), ((8, 3), True), ((2, 8), False), ((3, 7), False)])
def test_the_smallest_picture(size_wh: tuple[int, int], enough: bool) -> None:
    content = encoded(Image.new("L", size_wh))
    if enough:
        assert decode(content).size_wh == size_wh
    else:
        with pytest.raises(errors.ImageTooSmall, match="at least 3x8 px"):
            decode(content)


def test_wholly_transparent_picture_is_blank_paper() -> None:
    assert decode(np.zeros((30, 30, 4), np.uint8)).image.min() == 255


def test_large_picture_is_reduced_and_its_size_remembered() -> None:
    picture = decode(encoded(Image.new("L", (4000, 3000), 200), "JPEG"))
    assert picture.size_wh == (4000, 3000)
    assert max(picture.image.shape) == CONFIG.max_side_px
    long = decode(np.zeros((10, 9000), np.uint8))
    assert long.image.shape == (2, CONFIG.max_side_px)


@pytest.mark.parametrize(
    ("dtype", "factor"), [(np.uint16, 257), (np.int32, 1000), (np.float32, 1 / 255)], ids=["I;16", "I", "F"]
)
@pytest.mark.slow
def test_large_picture_of_deep_samples_is_reduced_as_any_other(dtype: type, factor: float) -> None:
    grey = np.kron(np.random.default_rng(3).integers(0, 256, (143, 200), dtype=np.uint8), np.ones((21, 20), np.uint8))
    grey[0, :2] = 0, 255
    deep = Image.fromarray((grey * dtype(factor)).astype(dtype))
    large = decode(encoded(deep, "TIFF", compression="tiff_adobe_deflate"))
    assert large.size_wh == (4000, 3003)
    assert np.array_equal(large.image, decode(encoded(grey)).image)


@pytest.mark.parametrize("shape", [(20_000, 3), (3, 20_000), (16_000, 5, 3), (5, 16_000, 4)])
def test_images_one_pixel_wide_after_reduction_can_be_binarized(shape: tuple[int, ...]) -> None:
    picture = decode(np.full(shape, 255, np.uint8))
    assert min(picture.image.shape) == 1
    assert not binarize(picture.image).any()


def test_coloured_ink_of_equal_brightness_is_seen_in_every_format() -> None:
    strokes = (GREY < 128)[..., None]
    colours = Image.fromarray(np.where(strokes, (214, 92, 82), (120, 146, 92)).astype(np.uint8))
    for content in (encoded(colours), encoded(colours, "JPEG", quality=90), encoded(colours.convert("RGBA"))):
        image = decode(content).image.astype(int)
        assert abs(np.median(image[GREY < 128]) - np.median(image[GREY > 128])) > 50


def phone_picture(image: Image.Image, kind: str, exif: bytes = b"") -> bytes:
    """Encode an image the way phones save it."""
    if kind == "AVIF":
        return encoded(image, "AVIF", exif=exif)
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, exif=exif or None)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_a_picture_of_a_phone_is_upright(kind: str) -> None:
    turned = Image.fromarray(np.rot90(GREY)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate clockwise
    found = decode(phone_picture(turned, kind, exif.tobytes()))
    assert found.size_wh == GREY.shape[::-1]
    assert np.mean(np.abs(found.image.astype(int) - GREY)) < 8
    assert "HEIF" not in Image.OPEN, "Pillow's formats are not changed for the process"


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_a_large_picture_of_a_phone_is_refused_before_it_is_decoded(kind: str) -> None:
    with pytest.raises(errors.ImageTooLarge, match="600x400 px"):
        decode(phone_picture(Image.new("L", (600, 400)), kind), max_pixels=200_000)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_pictures_of_a_file_are_counted(kind: str) -> None:
    frames = [Image.fromarray(np.roll(GREY, 9 * i, 0)) for i in range(4)]
    assert decode(encoded(frames[0], kind)).n_frames == 1
    assert decode(encoded(frames[0].copy(), kind, save_all=True, append_images=frames[1:])).n_frames == 4


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", errors.EmptyPicture, "no bytes"),
        (b"seven", errors.UnknownFormat, "this is text"),
        ("七".encode() * 300, errors.UnknownFormat, "this is text"),
        (b"%PDF-1.7 ...", errors.UnknownFormat, "a PDF document"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', errors.UnknownFormat, "an SVG drawing"),
        (b"<?xml version='1.0'?><svg/>", errors.UnknownFormat, "SVG"),
        (b"\0\0\0\x18ftypisom" + bytes(range(200)), errors.UnknownFormat, "a video file"),
        (b"\0\0\0\x18ftypheic" + bytes(range(200)), errors.BrokenPicture, "cannot be decoded"),
        (bytes(1000), errors.UnknownFormat, "zero bytes"),
        (b"seven\0", errors.UnknownFormat, "a damaged file"),
        (b"PK\x03\x04" + bytes(200), errors.UnknownFormat, "ZIP"),
        (bytes(range(128, 256)), errors.UnknownFormat, "unknown picture format"),
        (encoded(PIL, "JPEG")[:1500], errors.BrokenPicture, "cannot be decoded"),
        (encoded(PIL)[:500], errors.BrokenPicture, "cannot be decoded"),
        (png_header(30_000, 30_000), errors.ImageTooLarge, "megapixels"),
        (png_header(12_000, 10_000), errors.ImageTooLarge, "the limit is 50"),
        (png_header(9_000, 9_000), errors.ImageTooLarge, "9000x9000 px; the limit is 50 megapixels"),
        (encoded(Image.new("L", (1, 1))), errors.ImageTooSmall, "1x1 px"),
        (encoded(Image.new("L", (2, 100))), errors.ImageTooSmall, "2x100 px"),
        (bytes(50_000_000), errors.ImageTooLarge, "50.0 MB; the limit is 20.0 MB"),
    ],
)
def test_bad_bytes_get_one_clear_sentence(content: bytes, kind: type[errors.InklingError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        decode(content)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("no/such/picture.png", errors.NotFound),
        (".", errors.NotFound),
        ("nul\0byte", errors.NotFound),
        (7, errors.BadRequest),
        (np.zeros((8, 8), complex), errors.BadRequest),
        (np.zeros((8, 8, 5), np.uint8), errors.BadRequest),
        (np.zeros((0, 8), np.uint8), errors.BadRequest),
        (np.zeros(64, np.uint8), errors.BadRequest),
        (np.zeros((2, 2), np.uint8), errors.ImageTooSmall),
        (Image.new("L", (1, 1)), errors.ImageTooSmall),
    ],
)
def test_bad_sources_are_named(source: object, kind: type[errors.InklingError]) -> None:
    with pytest.raises(kind):
        decode(source)  # type: ignore[arg-type]


def test_a_picture_of_the_caller_stays_as_it_is() -> None:
    content = encoded(Image.new("L", (4800, 4800), 200), "JPEG")
    mine = Image.open(io.BytesIO(content))
    for _ in range(2):
        assert decode(mine).size_wh == mine.size == (4800, 4800)


def test_a_picture_that_is_decoded_late_fails_as_one_sentence() -> None:
    with pytest.raises(errors.BrokenPicture):
        decode(Image.open(io.BytesIO(encoded(PIL)[:500])))


def test_a_file_is_measured_before_it_is_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(30_000_000_000)  # sparse: reading it would need 30 GB
    with pytest.raises(errors.ImageTooLarge):
        decode(path)


@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from([encoded(PIL, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")]),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), max_size=8),
)
@pytest.mark.slow
def test_damaged_files_never_raise_anything_else(start: bytes, cut: float, flips: list[tuple[float, int]]) -> None:
    content = bytearray(start[: max(1, round(len(start) * cut))])
    for where, mask in flips:
        content[int(where * len(content))] ^= mask
    try:
        picture = decode(bytes(content))
    except errors.BadPicture:
        return
    assert max(picture.image.shape) <= CONFIG.max_side_px
