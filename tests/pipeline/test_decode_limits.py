import json
import struct
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from inkling.errors import ImageTooLarge, UnknownFormat
from inkling.pipeline.decode import decode
from inkling.pipeline.decode_limits import CONFIG
from tests.pictures import drawn_seven, encoded, png_of

SIDE = 7071  # pixels: 50 megapixels
MOST_MB = 235  # beyond that of a small picture: max_decoded_bytes, the downscaled picture, allocator overhead
SMALL = encoded(drawn_seven())
COLOUR = Image.fromarray(np.dstack([drawn_seven(side=64)] * 3))


def blank(mode: str, kind: str, w: int = SIDE, h: int = SIDE, **options: object) -> bytes:
    """A picture of zeros: small when encoded, huge when decoded."""
    if mode == "I;16":
        return encoded(Image.fromarray(np.zeros((h, w), np.uint16)), kind, **options)
    return encoded(Image.new(mode, (w, h)), kind, **options)


def in_one_strip(mode: str, compression: str) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TiffImagePlugin, "STRIP_SIZE", 2**31 - 1)
        return blank(mode, "TIFF", compression=compression)


def in_a_huge_tile() -> bytes:
    """A TIFF of 280x280 px with a single tile of 20000x20000 px."""
    packed = zlib.compress(bytes(1000))
    numbers = {256: 280, 257: 280, 258: 8, 259: 8, 262: 1, 277: 1, 322: 20_000, 323: 20_000, 324: 134, 325: len(packed)}
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(numbers)) + tags + bytes(4) + packed


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return blank("F", "TIFF", compression="tiff_lzw", exif=exif)


def in_three_scans() -> bytes:
    """A baseline JPEG whose first scan claims to contain only one of three color components."""
    content = bytearray(blank("RGB", "JPEG", subsampling=0))
    content[content.index(b"\xff\xda") + 4] = 1
    return bytes(content)


def with_texts() -> bytes:
    text = b"k\0\1\0\0\0" + zlib.compress("\N{PENCIL}".encode() + bytes(1_000_000))
    first, *rest = png_chunks(SMALL)
    return png_of([first, *[(b"iTXt", b"%d" % n + text) for n in range(60)], *rest])


def png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: blank("RGBA", "WEBP", lossless=True, method=0), "a WEBP of 7071x7071 px in mode RGBA, .* 800 MB"),
        (lambda: blank("RGB", "JPEG", progressive=True, subsampling=0), "a JPEG of .* in mode L, .* 3.. MB"),
        (lambda: blank("CMYK", "JPEG", progressive=True), "a JPEG of .* in mode CMYK"),
        (in_three_scans, "a JPEG of .* 3.. MB"),
        (lambda: in_one_strip("RGB", "tiff_lzw"), "a TIFF of 7071x7071 px in mode RGB, .* 350 MB"),
        (turned, "a TIFF of 7071x7071 px in mode F, .* 400 MB"),
        (in_a_huge_tile, "a TIFF of 280x280 px .* 400 MB"),
        (lambda: blank("RGBA", "PNG", 12_000_000, 4), "a PNG of 12000000x4 px in mode RGBA, .* 384 MB"),
        (lambda: blank("RGBA", "PNG", 4, 12_000_000), "a PNG of 4x12000000 px in mode RGBA, .* 288 MB"),
        (with_texts, "picture has texts or a color profile that would take"),
    ],
)
@pytest.mark.slow
def test_what_would_take_too_much_is_refused_from_its_header(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(ImageTooLarge, match=f"{says}.*; the limit is 210 MB. Send a smaller picture, or"):
        decode(make())


def with_segments(count: int) -> bytes:
    content = encoded(COLOUR, "JPEG")
    return content[:2] + b"\xff\xef\0\2" * count + content[2:]


def with_chunks(count: int) -> bytes:
    first, *rest = png_chunks(SMALL)
    return png_of([first, *[(b"inKl", b"")] * count, *rest])


def with_blocks(count: int) -> bytes:
    content = encoded(COLOUR.convert("L"), "GIF")
    start = 13 + (3 << (content[10] % 8 + 1))
    return content[:start] + b"!\xfe\1a\0" * (count // 2) + content[start:]


def with_strips(count: int) -> bytes:
    """A TIFF with `count` tag values, most of them offsets of strips; all strips begin at offset 0."""
    numbers = {256: 280, 257: 280, 258: 8, 259: 1, 262: 1, 277: 1, 278: 1}
    tags = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items()]
    tags.append(struct.pack("<HHII", 273, 3, count - len(tags), 8 + 2 + 12 * (len(tags) + 1) + 4))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4) + bytes(2 * count + 280)


def webp_with_chunks(count: int) -> bytes:
    content = encoded(COLOUR, "WEBP")
    body = b"VP8X" + struct.pack("<IIHBHB", 10, 0, 63, 0, 63, 0) + content[12:] + (b"inKl" + bytes(4)) * count
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (with_segments, CONFIG.max_parts),
        (with_chunks, CONFIG.max_parts),
        (with_blocks, CONFIG.max_parts),
        (webp_with_chunks, CONFIG.max_parts),
        (with_strips, CONFIG.max_tag_values),
    ],
)
def test_a_file_of_very_many_parts_is_refused(make: Callable[[int], bytes], most: int) -> None:
    decode(make(1000))
    with pytest.raises(ImageTooLarge, match=rf"more than {most:,} parts; .* Save it as JPEG"):
        decode(make(most + 1000))


def repeated(marker: int, content: bytes, count: int) -> bytes:
    """A JPEG with `count` segments of one kind before its other segments."""
    whole = encoded(COLOUR, "JPEG")
    return whole[:2] + (bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content) * count + whole[2:]


@pytest.mark.parametrize(
    ("marker", "content"),
    [
        (0xE1, b"Exif\0\0" + bytes(190)),
        (0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0" * 5000),
        (0xDB, bytes(65) * 1000),
        (0xC0, struct.pack(">BHHB", 8, 64, 64, 3) + b"\1\x11\0" * 20_000),
    ],
    ids=["EXIF", "Photoshop", "tables", "frames"],
)
def test_segments_that_pillow_takes_apart_are_few(marker: int, content: bytes) -> None:
    with pytest.raises(ImageTooLarge, match=f"more than 16 segments 0x{marker:X}; a camera writes one or two"):
        decode(repeated(marker, content, 17))


def test_other_segments_of_a_camera_are_not_counted_with_exif() -> None:
    extended_xmp = b"http://ns.adobe.com/xmp/extension/\0" + bytes(60_000)
    assert decode(repeated(0xE1, extended_xmp, 100)).size_wh == (64, 64)


def test_segments_hidden_where_pillow_sees_none_are_counted() -> None:
    """Pillow treats 0xFFF0 as a standalone marker. A parser that skips a length there misses the next segments."""
    whole = encoded(COLOUR, "JPEG")
    exif = repeated(0xE1, b"Exif\0\0" + bytes(190), 17)[2 : -len(whole) + 2]
    hidden = b"\xff\xf0" + struct.pack(">H", len(exif) + 2) + exif
    with pytest.raises(ImageTooLarge, match="segments 0xE1"):
        decode(whole[:2] + hidden + whole[2:])


@pytest.mark.parametrize("junk", [b"\1", b"\xff"])
def test_bytes_between_segments_are_parts(junk: bytes) -> None:
    whole = encoded(COLOUR, "JPEG")
    with pytest.raises(ImageTooLarge, match="parts"):
        decode(whole[:2] + junk * (3 * CONFIG.max_parts) + whole[2:])


def with_scans(count: int, side: int = 1400) -> bytes:
    """A progressive JPEG whose last scan, of a few dozen bytes, is repeated."""
    content = blank("L", "JPEG", side, side, progressive=True)
    last = content.rindex(b"\xff\xc4")
    return content[:-2] + content[last:-2] * count + content[-2:]


def test_a_jpeg_of_very_many_scans_is_refused_by_its_pixels() -> None:
    assert decode(with_scans(20)).size_wh == (1400, 1400)
    with pytest.raises(
        ImageTooLarge, match=r"JPEG of 2\.0 megapixels in more than 510 scans.* that is not progressive"
    ):
        decode(with_scans(600))


def test_scans_of_what_follows_the_image_are_not_counted() -> None:
    """Cameras may append a second image or a video with arbitrary bytes."""
    assert decode(with_scans(2) + b"\xff\xda\0\2" * 5000).size_wh == (1400, 1400)


@pytest.mark.parametrize("marker", [0xC3, 0xC9, 0xCA])
def test_a_jpeg_that_no_camera_writes_is_refused(marker: int) -> None:
    content = bytearray(encoded(COLOUR, "JPEG"))
    content[content.index(b"\xff\xc0") + 1] = marker
    with pytest.raises(UnknownFormat, match="arithmetic, lossless or hierarchical JPEG; expected a baseline or"):
        decode(bytes(content))


def test_colour_profiles_count_as_texts() -> None:
    first, *rest = png_chunks(SMALL)
    profile = b"n\0\0" + zlib.compress(bytes(1_000_000))
    decode(png_of([first, (b"iCCP", profile), *rest]))
    with pytest.raises(ImageTooLarge, match="picture has texts or a color profile that would take"):
        decode(png_of([first, *[(b"iCCP", profile)] * 60, *rest]))


def with_one_strip_often(count: int, packed: bytes, compression: int, *, w: int = 64) -> bytes:
    """A TIFF of `count` strips of 8 rows that all share the same bytes."""
    base = 8 + 2 + 12 * 9 + 4
    at = base + len(packed)
    numbers = {256: w, 257: 8 * count, 258: 8, 259: compression, 262: 1, 273: at, 277: 1, 278: 8, 279: at + 4 * count}
    tags = [struct.pack("<HHII", tag, 4, count if tag in (273, 279) else 1, value) for tag, value in numbers.items()]
    arrays = struct.pack("<I", base) * count + struct.pack("<I", len(packed)) * count
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4) + packed + arrays


def test_strips_that_overlap_are_refused() -> None:
    no_ops = b"\x80" * 50_000 + b"\xc1\0" * 8  # PackBits no-ops
    with pytest.raises(ImageTooLarge, match=r"strips or tiles have 2\.5 MB in a file of 0\.1 MB; expected ones"):
        decode(with_one_strip_often(50, no_ops, 32773))
    assert decode(with_one_strip_often(2, no_ops, 32773)).size_wh == (64, 16)


def test_strips_of_many_scans_are_refused_by_their_pixels() -> None:
    small, large = (in_one_jpeg_strip(side) for side in (600, 3600))
    assert decode(small).size_wh == (600, 600)
    with pytest.raises(ImageTooLarge, match=r"JPEG of 13\.0 megapixels in more than 77 scans"):
        decode(large)


def in_one_jpeg_strip(side: int) -> bytes:
    packed = blank("L", "JPEG", side, side, progressive=True)
    base = 8 + 2 + 12 * 9 + 4
    numbers = {256: side, 257: side, 258: 8, 259: 7, 262: 1, 273: base, 277: 1, 278: side, 279: len(packed)}
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(numbers)) + tags + bytes(4) + packed


@pytest.mark.parametrize("compression", ["lzma", "zstd"])
def test_a_tiff_in_a_rare_compression_is_refused(compression: str) -> None:
    with pytest.raises(UnknownFormat, match=f"TIFF compressed by {compression}; expected LZW, deflate"):
        decode(encoded(COLOUR, "TIFF", compression=compression))


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_tiff_in_a_usual_compression_is_read(compression: str) -> None:
    assert decode(encoded(COLOUR, "TIFF", compression=compression)).size_wh == (64, 64)


def test_tags_without_a_number_are_parts_too() -> None:
    head = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 10**6)
    with pytest.raises(ImageTooLarge, match="more than 50,000 parts"):
        decode(head + struct.pack("<HHQQ", 50_000, 1, 1, 0) * 60_000)


@pytest.mark.parametrize("rows", [b"\1\5\0\0" * 3000, b"\1\5" * 2_500_000], ids=["short rows", "many bytes"])
def test_a_large_bmp_of_runs_is_refused(rows: bytes) -> None:
    side = 3000 if len(rows) < 10**6 else 100
    with pytest.raises(ImageTooLarge, match=r"a run-length encoded BMP of .* the limit is 4 of each"):
        decode(bmp_of(rows, side))


def test_what_follows_a_png_s_end_is_no_part() -> None:
    decode(SMALL + bytes(12 * CONFIG.max_parts + 12_000))


def test_numbers_in_exif_are_parts() -> None:
    many = struct.pack("<HHII", 0x0112, 3, 2 * CONFIG.max_tag_values, 26)
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + many + bytes(4 + 4 * CONFIG.max_tag_values)
    with pytest.raises(ImageTooLarge, match="parts"):
        decode(encoded(COLOUR, "PNG", exif=exif))


@pytest.mark.parametrize(
    "start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\0", b"GIF89a", b"II*\0", b"MM\0+"]
)
@pytest.mark.parametrize("rest", [b"", b"\xff" * 40, bytes(40), b"\x21" * 40])
def test_headers_that_end_early_or_say_nonsense_are_bad_pictures(start: bytes, rest: bytes) -> None:
    with pytest.raises(Exception, match="expected a") as caught:
        decode(start + rest)
    assert type(caught.value).__name__ in ("UnknownFormat", "BrokenPicture")


def gif_with_disposal() -> bytes:
    first = Image.new("P", (SIDE, SIDE))
    first.putpalette([255] * 768)
    return encoded(first, "GIF", transparency=5, disposal=2, save_all=True, append_images=[Image.new("P", (8, 8))])


def bmp_of_runs(side: int = 2000) -> bytes:
    return bmp_of((b"\xff\5" * (side // 255) + bytes([side % 255, 5, 0, 0])) * side + b"\0\1", side)


def bmp_of(rows: bytes, side: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(rows), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(rows), 0, 0, 1078) + head + bytes(1024) + rows


ACCEPTED: dict[str, Callable[[], bytes]] = {
    "PNG I;16": lambda: blank("I;16", "PNG", compress_level=1),
    "PNG RGB": lambda: blank("RGB", "PNG", compress_level=1),
    "PNG RGBA": lambda: blank("RGBA", "PNG", compress_level=1),
    "PNG P, clear": lambda: blank("P", "PNG", compress_level=1, transparency=0),
    "TIFF F": lambda: blank("F", "TIFF", compression="tiff_lzw"),
    "TIFF CMYK": lambda: blank("CMYK", "TIFF", compression="tiff_lzw"),
    "TIFF F in one strip": lambda: blank("F", "TIFF", 5000, 5000, compression="tiff_lzw"),
    "WebP RGBA": lambda: blank("RGBA", "WEBP", 4096, 3072, lossless=True, method=0),
    "WebP RGB": lambda: blank("RGB", "WEBP", 4096, 3072, method=0),
    "GIF, clear": gif_with_disposal,
    "BMP of runs": bmp_of_runs,
    "JPEG": lambda: blank("RGB", "JPEG", subsampling=0),
    "JPEG progressive": lambda: blank("RGB", "JPEG", progressive=True),
    "RGBA, not reduced": lambda: blank("RGBA", "PNG", 3199, 3199, compress_level=1),
}


@pytest.mark.skipif(sys.platform != "linux", reason="resets the most that a process had, which is Linux's")
@pytest.mark.slow
def test_what_is_accepted_takes_no_more_than_is_said(tmp_path: Path) -> None:
    for number, make in enumerate(ACCEPTED.values()):
        (tmp_path / f"{number:02d}").write_bytes(make())
    program = """
        import json, sys
        from pathlib import Path
        from inkling.pipeline.decode import decode

        def most_mb():
            status = Path("/proc/self/status").read_text()
            return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6

        def taken_mb(content):
            Path("/proc/self/clear_refs").write_text("5")  # the most is what is held now
            before = most_mb()
            decode(content)
            return most_mb() - before

        small, *paths = map(Path, sys.argv[1:])
        decode(small.read_bytes())
        print(json.dumps([taken_mb(path.read_bytes()) for path in paths]))
    """
    small = tmp_path / "small"
    small.write_bytes(SMALL)
    paths = sorted(set(tmp_path.iterdir()) - {small})
    command = [sys.executable, "-c", textwrap.dedent(program), small, *paths]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    taken = dict(zip(ACCEPTED, json.loads(done.stdout), strict=True))
    assert max(taken.values()) < MOST_MB, taken
    assert taken["PNG RGB"] > 150, "memory is not being measured"
    assert taken["JPEG"] < 50
