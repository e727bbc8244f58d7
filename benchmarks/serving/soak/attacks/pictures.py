"""Pictures that are expensive to decode or read, and bombs: small files that claim or unpack to a huge size.

A picture is (body, content type). All are created in memory; the largest is about 4 MB.
"""

from __future__ import annotations

import base64
import functools
import gzip
import io
import random
import struct
import zipfile
import zlib

from PIL import Image

from benchmarks.serving.soak.image_mutators import encoded, png, png_bomb_of

Body = tuple[bytes, str]
SIDE = 7000  # pixels; near the largest accepted picture
SCANS = 1600  # of about 75 bytes each
EXIF_SEGMENTS = 99_000
FRAMES = 500
ZEROS = bytes(30_000_000)


@functools.cache
def progressive_jpeg() -> Body:
    """A blank progressive JPEG with a repeated last scan: each scan of about 75 bytes covers all pixels again."""
    whole = encoded(Image.new("L", (SIDE, SIDE), 255), "JPEG", progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * SCANS + whole[-2:], "image/jpeg"


@functools.cache
def exif_segments() -> Body:
    """A small JPEG with very many EXIF segments, which decoders join one by one."""
    whole = encoded(Image.new("L", (280, 280), 255), "JPEG")
    return whole[:2] + b"\xff\xe1\x00\x08Exif\0\0" * EXIF_SEGMENTS + whole[2:], "image/jpeg"


@functools.cache
def rle_bmp() -> Body:
    """A BMP with runs of one pixel, which Pillow unpacks in Python."""
    width, height = 5000, 400
    row = b"".join(bytes((1, k % 256)) for k in range(width)) + b"\0\0"
    body = row * height + b"\0\1"
    head = struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024)
    head += struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + head + b"".join(bytes((k, k, k, 0)) for k in range(256)) + body, "image/bmp"


@functools.cache
def many_marks() -> Body:
    """A page full of small strokes, each of which could be a digit; it takes seconds to read."""
    side, rng = 2000, random.Random(1)
    page = Image.new("L", (side, side), 255)
    for _ in range(4000):
        page.paste(0, (x := rng.randrange(side - 9), y := rng.randrange(side - 16), x + 4, y + 12))
    return encoded(page, "PNG"), "image/png"


def costly() -> tuple[Body, ...]:
    return progressive_jpeg(), exif_segments(), rle_bmp(), many_marks()


@functools.cache
def bombs() -> dict[str, Body]:
    """One bomb of each of the 21 kinds, by name; each is smaller than 3 MB."""
    small = Image.new("L", (64, 64), 255)
    frames = [Image.new("L", (32, 32), k % 256) for k in range(FRAMES)]
    many = {"save_all": True, "append_images": frames[1:]}
    packed = zlib.compress(ZEROS, 9)
    ihdr = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    rows = (b"IDAT", zlib.compress(bytes(65 * 64)))
    lols = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("digit.png", ZEROS)
    part = b'--edge\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nx\r\n'
    url = b"data:image/png;base64," + base64.b64encode(png_bomb_of(12_000, 1))
    return {
        "png": (png_bomb_of(12_000, 8), "image/png"),
        "png_text": (png(ihdr, [(b"zTXt", b"Comment\0\0" + packed), rows]), "image/png"),
        "png_profile": (png(ihdr, [(b"iCCP", b"profile\0\0" + packed), rows]), "image/png"),
        "png_frames": (encoded(frames[0], "PNG", **many), "image/png"),
        "gif": (_claiming(encoded(small, "GIF"), "<HH", 6, 65_535, 65_535), "image/gif"),
        "gif_frames": (encoded(frames[0], "GIF", **many), "image/gif"),
        "webp": (_claiming(encoded(small, "WEBP", lossless=True), "<I", 21, 0xFFFFFFF), "image/webp"),
        "tiff": (encoded(Image.new("1", (12_000, 12_000)), "TIFF", compression="tiff_lzw"), "image/tiff"),
        "tiff_pages": (encoded(frames[0], "TIFF", **many), "image/tiff"),
        "bmp": (_claiming(encoded(small, "BMP"), "<ii", 18, 2**31 - 1, 2**31 - 1), "image/bmp"),
        "ico": (_claiming(encoded(small, "ICO"), "<BB", 6, 0, 0), "image/x-icon"),
        "ppm": (b"P6 99999 99999 255\n" + bytes(1000), "image/x-portable-pixmap"),
        "tga": (_claiming(encoded(small, "TGA", compression="tga_rle"), "<HH", 12, 65_535, 65_535), "image/x-tga"),
        "pcx": (_claiming(encoded(small, "PCX"), "<HH", 8, 65_535, 65_535), "image/x-pcx"),
        "jpeg2000": (encoded(Image.new("L", (3000, 3000)), "JPEG2000"), "image/jp2"),
        "svg": (f"<!DOCTYPE x [<!ENTITY l0 'lol'>{lols}]><svg>&l9;</svg>".encode(), "image/svg+xml"),
        "gzip": (gzip.compress(ZEROS), "image/png"),
        "zip": (archive.getvalue(), "application/zip"),
        "json": (b'{"image": "' + url + b'"}', "application/json"),
        "nested_json": (b'{"image": ' + b"[" * 200_000, "application/json"),
        "form": (part * 20_000 + b"--edge--\r\n", "multipart/form-data; boundary=edge"),
    }


def _claiming(whole: bytes, sizes: str, at: int, *claimed: int) -> bytes:
    """The same file with other sizes in its header, at byte `at`."""
    changed = bytearray(whole)
    struct.pack_into(sizes, changed, at, *claimed)
    return bytes(changed)
