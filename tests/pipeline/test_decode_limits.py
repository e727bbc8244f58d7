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

from inkling.errors import ImageTooLarge
from inkling.pipeline.decode import decode
from inkling.pipeline.decode_limits import CONFIG
from tests.pictures import drawn_seven, encoded, png_of

SIDE = 7071  # pixels: 50 megapixels
MOST_MB = 235  # above a small picture's: max_decoded_bytes, the reduced picture, and some for another allocator
SMALL = encoded(drawn_seven())
COLOUR = Image.fromarray(np.dstack([drawn_seven(side=64)] * 3))


def blank(mode: str, kind: str, w: int = SIDE, h: int = SIDE, **options: object) -> bytes:
    """A picture of nothing but the lowest value: small in bytes, huge when decoded."""
    if mode == "I;16":
        return encoded(Image.fromarray(np.zeros((h, w), np.uint16)), kind, **options)
    return encoded(Image.new(mode, (w, h)), kind, **options)


def in_one_strip(mode: str, compression: str) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TiffImagePlugin, "STRIP_SIZE", 2**31 - 1)
        return blank(mode, "TIFF", compression=compression)


def in_a_huge_tile() -> bytes:
    """A TIFF of 280x280 px whose one tile has 20000x20000."""
    packed = zlib.compress(bytes(1000))
    numbers = {256: 280, 257: 280, 258: 8, 259: 8, 262: 1, 277: 1, 322: 20_000, 323: 20_000, 324: 134, 325: len(packed)}
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(numbers)) + tags + bytes(4) + packed


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return blank("F", "TIFF", compression="tiff_lzw", exif=exif)


def in_three_scans() -> bytes:
    """A baseline JPEG that says that its first scan holds one of its three colours."""
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
        (lambda: blank("RGB", "JPEG", progressive=True, subsampling=0), "a JPEG of .* in mode RGB, .* 3.. MB"),
        (lambda: blank("CMYK", "JPEG", progressive=True), "a JPEG of .* in mode CMYK"),
        (in_three_scans, "a JPEG of .* 3.. MB"),
        (lambda: in_one_strip("RGB", "tiff_lzw"), "a TIFF of 7071x7071 px in mode RGB, .* 350 MB"),
        (turned, "a TIFF of 7071x7071 px in mode F, .* 400 MB"),
        (in_a_huge_tile, "a TIFF of 280x280 px .* 400 MB"),
        (lambda: blank("RGBA", "PNG", 12_000_000, 4), "a PNG of 12000000x4 px in mode RGBA, .* 384 MB"),
        (lambda: blank("RGBA", "PNG", 4, 12_000_000), "a PNG of 4x12000000 px in mode RGBA, .* 288 MB"),
        (with_texts, "picture has texts that would take"),
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
    """A TIFF of so many strips, which all begin at the same place."""
    numbers = {256: 280, 257: 280, 258: 8, 259: 1, 262: 1, 277: 1, 278: 1}
    tags = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items()]
    tags.append(struct.pack("<HHII", 273, 3, count - len(tags), 8 + 2 + 12 * (len(tags) + 1) + 4))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4) + bytes(2 * count + 280)


@pytest.mark.parametrize("make", [with_segments, with_chunks, with_blocks, with_strips])
def test_a_file_of_very_many_parts_is_refused(make: Callable[[int], bytes]) -> None:
    decode(make(1000))
    with pytest.raises(ImageTooLarge, match=r"more than 100,000 parts; .* Save it as JPEG"):
        decode(make(CONFIG.max_parts + 1000))


def test_what_follows_a_png_s_end_is_no_part() -> None:
    decode(SMALL + bytes(12 * CONFIG.max_parts + 12_000))


def test_numbers_in_exif_are_parts() -> None:
    many = struct.pack("<HHII", 0x0112, 3, 2 * CONFIG.max_parts, 26)
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + many + bytes(4 + 4 * CONFIG.max_parts)
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


def bmp_of_runs() -> bytes:
    rows = (b"\xff\5" * (SIDE // 255) + bytes([SIDE % 255, 5, 0, 0])) * SIDE + b"\0\1"
    head = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(rows), 0, 0, 256, 0)
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
    assert taken["PNG RGB"] > 150, "the measure measures nothing"
    assert taken["JPEG"] < 50
