"""Mutate images and requests in many ways, reproducibly by seed and number.

`mutate(seed, number)` chooses a random mutator and image. A mutator for a specific format creates its own image.
"""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from benchmarks.common import DRAWING

READ = "/api/v1/read"
OVER_BYTES = 20_000_100  # more than the default `max_upload_bytes`
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "BMP": "image/bmp",
         "TIFF": "image/tiff"}  # fmt: skip


@dataclass(frozen=True)
class Mutated:
    """A request that may be malformed in any way."""

    what: str  # name of the mutator
    body: bytes
    content_type: str
    path: str = READ
    method: str = "POST"


@functools.cache
def seeds() -> tuple[tuple[str, bytes, str], ...]:
    """Valid images: (name, bytes, content type). One digit in every format, and a row of three."""
    drawing = Image.open(DRAWING).convert("RGBA")
    paper = Image.new("RGB", drawing.size, "white")
    paper.paste(drawing, mask=drawing.getchannel("A"))
    row = Image.new("RGB", (3 * paper.width, paper.height), "white")
    for k in range(3):
        row.paste(paper, (k * paper.width, 0))
    found = [("drawing", DRAWING.read_bytes(), "image/png")]
    found += [(name, encoded(paper, name), kind) for name, kind in KINDS.items()]
    found += [("row", encoded(row, "PNG"), "image/png"), ("row", encoded(row, "JPEG"), "image/jpeg")]
    return tuple(found)


def _jpeg() -> bytes:
    """A valid JPEG."""
    return next(body for _, body, kind in seeds() if kind == "image/jpeg")


def encoded(image: Image.Image, name: str, **options: object) -> bytes:
    """An image encoded by Pillow."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def mutate(seed: int, number: int) -> Mutated:
    """The request with this seed and number."""
    rng = random.Random(f"{seed} {number}")
    mutator = rng.choices(list(MUTATORS), weights=list(MUTATORS.values()))[0]
    _, body, kind = rng.choice(seeds())
    return mutator(rng, body, kind)


def flipped(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Flip single bits anywhere."""
    changed = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 5, 20, 200))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return Mutated("flipped", bytes(changed), kind)


def flipped_head(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Change some of the first hundred bytes, which contain sizes and types; checksums of a PNG are corrected."""
    changed = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 4))):
        changed[rng.randrange(min(100, len(changed)))] = rng.randrange(256)
    return Mutated("flipped_head", _right_sums(bytes(changed)), kind)


def cut(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Remove the end, the beginning or a part in the middle."""
    start, end = sorted(rng.randrange(len(body) + 1) for _ in range(2))
    part = rng.choice((body[:end], body[start:], body[:start] + body[end:]))
    return Mutated("cut", part, kind)


def doubled(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Repeat a part, or insert a part of another image or zeros."""
    start, end = sorted(rng.randrange(len(body) + 1) for _ in range(2))
    other = rng.choice(seeds())[1]
    piece = rng.choice((body[start:end], other[:1000], bytes(rng.randrange(1000))))
    return Mutated("doubled", body[:end] + piece + body[end:], kind)


def noise(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Random bytes, zeros, text, or nothing, sometimes after a valid beginning."""
    length = rng.choice((0, 1, 2, 16, 1000, 100_000))
    rest = rng.choice((rng.randbytes(length), bytes(length), b"7" * length, b"<svg xmlns='x'>" * (length // 15)))
    return Mutated("noise", body[: rng.choice((0, 0, 4, 8, 30))] + rest, kind)


def png_size(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A PNG with a wrong size in its header, up to the maximum of the format."""
    sizes = (0, 1, 2, 19, 4096, 20_000, 65_535, 2**31 - 1, 2**32 - 1)
    head = struct.pack(">IIBBBBB", rng.choice(sizes), rng.choice(sizes), rng.choice((1, 8, 16)),
                       rng.choice((0, 2, 3, 4, 6, 5)), 0, 0, rng.choice((0, 1)))  # fmt: skip
    rows = zlib.compress(bytes(rng.choice((0, 100, 100_000))))
    return Mutated("png_size", png(head, [(b"IDAT", rows)]), "image/png")


def png_bomb(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A small PNG with very many pixels (a decompression bomb)."""
    side = rng.choice((3000, 5000, 9000, 12_000))
    return Mutated("png_bomb", png_bomb_of(side, rng.choice((1, 8))), "image/png")


def png_text(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A valid PNG with text, a color profile or other chunks that unpack to megabytes, or with thousands of chunks."""
    head = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    megabytes = zlib.compress(bytes(rng.choice((1, 20, 60)) * 1_000_000), 9)
    extra = rng.choice((
        [(b"zTXt", b"Comment\0\0" + megabytes)], [(b"iCCP", b"profile\0\0" + megabytes)],
        [(b"iTXt", b"a\0\1\0\0\0" + megabytes)], [(b"tEXt", b"a\0b")] * 5000, [(b"eXIf", rng.randbytes(2000))],
    ))  # fmt: skip
    rows = (b"IDAT", zlib.compress(bytes(65 * 64)))
    return Mutated("png_text", png(head, [*extra, rows]), "image/png")


def jpeg_size(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A JPEG with a wrong size in its frame header."""
    changed = bytearray(_jpeg())
    at = changed.find(b"\xff\xc0")
    struct.pack_into(">HH", changed, at + 5, *(rng.choice((0, 1, 3000, 9000, 65_535)) for _ in range(2)))
    return Mutated("jpeg_size", bytes(changed), "image/jpeg")


def frames(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A GIF, WebP, PNG or TIFF with 2 to 1,000 frames."""
    count, side = rng.choice(((2, 64), (300, 16), (1000, 8)))
    first, *rest = [Image.new("L", (side, side), k % 256) for k in range(count)]
    name = rng.choice(("GIF", "TIFF", "WEBP", "PNG"))
    made = encoded(first, name, save_all=True, append_images=rest[: 100 if name == "WEBP" else None])
    return Mutated("frames", made, KINDS[name])


def exif(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A JPEG whose EXIF data has an orientation, is very long, points at itself, or is invalid."""
    jpeg = _jpeg()
    orientation = struct.pack("<HHII", 0x0112, 3, 1, rng.choice((0, 3, 6, 8, 9, 65_535)))
    tag = rng.choice((orientation, struct.pack("<HHII", 0x8769, 4, 1, 8), rng.randbytes(12)))  # 0x8769 points to 8
    count = rng.choice((1, 2, 500, 5000))
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", rng.choice((count, 1, 65_535))) + tag * count
    tiff += struct.pack("<I", rng.choice((0, 8, 2**32 - 1)))
    block = b"Exif\0\0" + tiff[:65_000]
    return Mutated("exif", jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:], "image/jpeg")


def tiff_size(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A TIFF with wrong tags for sizes, strips and types."""
    tags = {256: rng.choice((0, 1, 64, 100_000, 2**32 - 1)), 257: rng.choice((1, 64, 100_000, 2**32 - 1)),
            258: rng.choice((1, 8, 16, 32, 64)), 259: rng.choice((1, 2, 5, 7, 8, 32_773, 34_712)),
            262: rng.choice((0, 1, 2, 3, 5, 6)), 273: rng.choice((8, 200, 2**31)), 277: rng.choice((1, 3, 4, 60_000)),
            278: rng.choice((1, 64, 2**32 - 1)), 279: rng.choice((0, 4096, 2**32 - 1))}  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, rng.choice((4, 4, 3, 12)), 1, value) for tag, value in tags.items())
    ifd = struct.pack("<H", len(tags)) + entries + struct.pack("<I", rng.choice((0, 0, 8)))
    return Mutated("tiff_size", b"II*\0\x08\0\0\0" + ifd + rng.randbytes(4096), "image/tiff")


def extreme(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Valid but extreme images: one pixel, very long, one color, noise, stripes, 16 bits, palettes."""
    size = rng.choice(((1, 1), (2, 2), (20, 20), (4000, 3), (3, 4000), (512, 512), (1500, 1500)))
    w, h = size
    what = rng.randrange(4)
    if what == 0:
        image = Image.frombytes("L", size, rng.randbytes(w * h))
    elif what == 1:
        image = Image.new(rng.choice(("L", "RGB", "RGBA", "1", "P", "LA", "I;16")), size)
    elif what == 2:
        image = Image.frombytes("L", size, (b"\0\xff" * (w * h // 2 + 1))[: w * h])
    else:
        image = Image.effect_noise(size, 60).convert(rng.choice(("L", "RGB", "P")))
    return Mutated("extreme", encoded(image, "PNG"), "image/png")


def wrong_type(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A valid image with another content type, an invalid content type, or none."""
    types = (
        "", "/", "\xff\xfe", "text/plain", "image/", "image/svg+xml", "image/png; a=" + "b" * 3000, "application/json",
        "application/octet-stream", "application/x-www-form-urlencoded", "multipart/form-data", *KINDS.values(),
    )  # fmt: skip
    return Mutated("wrong_type", body, rng.choice(types))


def form(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """Forms: valid, without an end, with a wrong field, many images, path traversal in file names, long headers."""
    field = rng.choice(("image", "image", "picture", "", "image\0"))
    file = rng.choice(("a.png", "../../etc/passwd", "x" * 5000, "\xff", "a\r\nX: y"))
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{file}"\r\nContent-Type: {kind}\r\n'
    head += rng.choice(("", "", "X-Long: " + "y" * 70_000 + "\r\n"))
    part = head.encode("latin-1") + b"\r\n" + body + b"\r\n"
    whole = part * rng.choice((0, 1, 2, 12, 101)) + rng.choice((b"--edge--\r\n", b"--edge", b""))
    edge = rng.choice(("edge", "edge", "other", "", "e" * 300))
    return Mutated("form", whole, f"multipart/form-data; boundary={edge}")


def query(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A valid image sent with invalid or rare parameters, to other routes, or with other methods."""
    words = (
        "mode=single", "mode=", "mode=auto&mode=single", "explain=1", "explain=tiles", "explain=%00", "model=cn",
        "model=../../etc", "model=ann", "model=%ff", "a" * 4000, "explain=1&mode=single&model=ann-dropout",
    )  # fmt: skip
    route = rng.choice((READ, READ, READ, "/api/v1/compare", "/api/v1/filmstrip", "/api/v1/nothing", "/", "/readyz"))
    method = rng.choice(("POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "FOO"))
    return Mutated("query", body, kind, f"{route}?{rng.choice(words)}", method)


def too_large(rng: random.Random, body: bytes, kind: str) -> Mutated:
    """A body over the size limit."""
    return Mutated("too_large", body + bytes(OVER_BYTES - len(body)), kind)


Mutator = Callable[[random.Random, bytes, str], Mutated]
MUTATORS: dict[Mutator, float] = {  # mutator -> relative frequency
    flipped: 30, flipped_head: 20, cut: 14, doubled: 6, noise: 5, png_size: 4, png_bomb: 0.5, png_text: 2, jpeg_size: 3,
    frames: 1, exif: 3, tiff_size: 4, extreme: 4, wrong_type: 3, form: 4, query: 5, too_large: 0.05,
}  # fmt: skip


def png(head: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file with these chunks and correct checksums."""
    every = [(b"IHDR", head), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in every
    )


def _right_sums(body: bytes) -> bytes:
    """The same PNG with a correct checksum for each chunk; other files are unchanged."""
    if body[:8] != b"\x89PNG\r\n\x1a\n":
        return body
    made, at = bytearray(body), 8
    while at + 12 <= len(body):
        end = at + 8 + struct.unpack_from(">I", body, at)[0]
        if end + 4 > len(body):
            break
        struct.pack_into(">I", made, end, zlib.crc32(body[at + 4 : end]))
        at = end + 4
    return bytes(made)


@functools.cache
def png_bomb_of(side: int, bits: int) -> bytes:
    """A PNG of side x side pixels with value 0."""
    row = 1 + side * bits // 8 + (1 if side * bits % 8 else 0)
    packer = zlib.compressobj(9)
    rows = b"".join([*(packer.compress(bytes(row)) for _ in range(side)), packer.flush()])
    return png(struct.pack(">IIBBBBB", side, side, bits, 0, 0, 0, 0), [(b"IDAT", rows)])
