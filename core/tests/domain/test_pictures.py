"""Pictures told by their own bytes: real ones, damaged ones, and what only pretends to be one."""

from __future__ import annotations

import zlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.pictures import NotAPicture, Shape, measure

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAFUlEQVR4nGPkyvNnYGBgYGBgYoABAA31AMunBKwr"
    "AAAAAElFTkSuQmCC"
)
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////2wBDAVVaWnhpeOuCguv//////////////////////////////////////"
    "///////////////////////////////////wAARCAACAAMDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAA"
    "P/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAP/xAAUEQEAAAAAAAAAAAAAAAAAA"
    "AAA/9oADAMBAAIRAxEAPwCQAm//2Q=="
)
WEBP = b64decode("UklGRioAAABXRUJQVlA4IB4AAAAwAQCdASoDAAIADMDOJaAAA3AA/txOP3uWiqMAAAA=")
WEBP_LOSSLESS = b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvAkAAAAdQtyr0qf+BiOh/AAA=")
WEBP_EXTENDED = b64decode(
    "UklGRkYAAABXRUJQVlA4WAoAAAAIAAAAAgAAAQAAVlA4TBEAAAAvAkAAAAdQtyr0qf+BiOh/AABFWElGDgAAAE1N"
    "ACoAAAAIAAAAAAAA"
)
WEBP_MOVING = b64decode(
    "UklGRoQAAABXRUJQVlA4WAoAAAACAAAAAgAAAQAAQU5JTQYAAAAAAAAAAABBTk1GKgAAAAAAAAAAAAIAAAEAAAAA"
    "AAJWUDhMEQAAAC8CQAAAB1C3KvSp/4GI6H8AAEFOTUYmAAAAAAAAAAAAAgAAAQAAAAAAAFZQOEwOAAAALwJAAAAH"
    "EBH9D0RE/wM="
)
REAL = (PNG, JPEG, WEBP, WEBP_LOSSLESS, WEBP_EXTENDED)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def chunk(kind: bytes, body: bytes) -> bytes:
    whole = kind + body
    return len(body).to_bytes(4, "big") + whole + zlib.crc32(whole).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("data", "kind"),
    list(zip(REAL, ("png", "jpeg", "webp", "webp", "webp"), strict=True)),
    ids=range(5),
)
def test_real_pictures(data: bytes, kind: str) -> None:
    assert measure(data) == Shape(kind, 3, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SVG,
        b"GIF89a\x01\x00\x01\x00",
        PNG + SVG,
        PNG[:-1],
        PNG[:8],
        PNG[:40] + b"\x00" + PNG[41:],
        PNG[:8] + PNG[33:],
        PNG[:33] + chunk(b"acTL", b"\x00" * 8) + PNG[33:],
        PNG[:8] + chunk(b"IHDR", b"\x00" * 13) + PNG[33:],
        JPEG[:100],
        JPEG[:3] + SVG,
        WEBP + SVG,
        WEBP[:-1],
        WEBP_MOVING,
        WEBP.replace(b"VP8 ", b"VP9 "),
        b"RIFF" + (len(SVG) + 4).to_bytes(4, "little") + b"WEBP" + SVG,
    ],
    ids=range(17),
)
def test_no_picture(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        measure(data)


@given(st.sampled_from(REAL), st.integers(0, 400), st.binary(max_size=12))
def test_anything_else_is_measured_or_refused(data: bytes, place: int, change: bytes) -> None:
    try:
        shape = measure(data[:place] + change + data[place + len(change) :])
    except NotAPicture:
        return
    assert shape.width > 0
    assert shape.height > 0


@given(st.binary(max_size=64))
def test_jpeg_headers_of_any_kind_end(tail: bytes) -> None:
    with pytest.raises(NotAPicture):
        measure(b"\xff\xd8\xff\xfe" + tail.replace(b"\xff", b"\xfe"))
