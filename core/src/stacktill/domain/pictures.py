"""Pictures that are taken from strangers: told by their first bytes, measured, and nothing but pictures."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["NotAPicture", "Picture", "PictureKind", "Shape", "measure"]

PictureKind = Literal["png", "jpeg", "webp"]
"""Pictures that cannot hold a script, unlike SVG."""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that nothing follows."""
WEBP_ANIMATED = 0x02


class NotAPicture(Exception):
    """The bytes are no picture of a known kind; says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of picture it is, and its sides in pixels."""

    kind: PictureKind
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that a store shows; ``content`` is base64. Pictures never change."""

    id: str
    merchant_id: str
    created: int
    kind: PictureKind
    width: int
    height: int
    content: str


def measure(data: bytes) -> Shape:
    """The kind and size of a still picture by its own header; raise ``NotAPicture``."""
    if data.startswith(PNG):
        return _png(data)
    if data.startswith(JPEG):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    raise NotAPicture("It begins like no PNG, JPEG or WebP file.")


def _png(data: bytes) -> Shape:
    """All chunks are walked: each sum is right, the last is IEND, and nothing follows it."""
    chunks = list(_png_chunks(data))
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or len(chunks[0][1]) != 13 or kinds[-1] != b"IEND":
        raise NotAPicture("It is no whole PNG file.")
    if b"acTL" in kinds:
        raise NotAPicture("It moves; send a still picture.")
    header = chunks[0][1]
    return _sized("png", int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big"))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG)
    while place < len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : end - 4]
        if end > len(data) or zlib.crc32(body) != int.from_bytes(data[end - 4 : end], "big"):
            raise NotAPicture("It is a PNG file that was damaged or cut short.")
        yield body[:4], body[4:]
        place = end


def _jpeg(data: bytes) -> Shape:
    """The segments are walked up to the frame's header, which holds the size."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in JPEG_FRAMES:
            height = int.from_bytes(data[place + 5 : place + 7], "big")
            return _sized("jpeg", int.from_bytes(data[place + 7 : place + 9], "big"), height)
        if marker == 0xFF:
            place += 1
        elif marker in JPEG_BARE:
            place += 2
        else:
            place += 2 + max(int.from_bytes(data[place + 2 : place + 4], "big"), 2)
    raise NotAPicture("It is a JPEG file without a size.")


def _webp(data: bytes) -> Shape:
    if int.from_bytes(data[4:8], "little") + 8 != len(data) or len(data) < 30:
        raise NotAPicture("It is a WebP file that was damaged or cut short.")
    kind, body = data[12:16], data[20:]
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        sides = (int.from_bytes(body[place : place + 2], "little") & 0x3FFF for place in (6, 8))
        return _sized("webp", *sides)
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return _sized("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        raise NotAPicture("It is a WebP file of an unknown kind.")
    if body[0] & WEBP_ANIMATED:
        raise NotAPicture("It moves; send a still picture.")
    width, height = (int.from_bytes(body[place : place + 3], "little") + 1 for place in (4, 7))
    return _sized("webp", width, height)


def _sized(kind: PictureKind, width: int, height: int) -> Shape:
    if not width or not height:
        raise NotAPicture("It has no size.")
    return Shape(kind, width, height)
