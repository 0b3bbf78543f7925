"""Addresses of Stacks: published examples, and what must hold for all of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stacktill.domain.c32 import decode_address, encode_address

HASHES = st.binary(min_size=20, max_size=20)
VERSIONS = st.integers(0, 31)


@pytest.mark.parametrize(
    ("version", "hash160", "address"),
    [
        (22, "00" * 20, "SP000000000000000000002Q6VF78"),
        (26, "00" * 20, "ST000000000000000000002AMW42H"),
        (
            20,
            "f6decc7cfff2a413bd7cd4f53c25ad7fd1899acc",
            "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4",
        ),
        (
            22,
            "a46ff88886c2ef9762d970b4d2c63678835bd39d",
            "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7",
        ),
    ],
)
def test_known_addresses(version: int, hash160: str, address: str) -> None:
    assert encode_address(version, bytes.fromhex(hash160)) == address
    assert decode_address(address) == (version, bytes.fromhex(hash160))


@given(VERSIONS, HASHES)
@example(0, bytes(20))
@example(31, b"\xff" * 20)
@example(26, bytes(19) + b"\x01")
def test_every_address_reads_back(version: int, hash160: bytes) -> None:
    address = encode_address(version, hash160)
    assert decode_address(address) == (version, hash160)
    assert len(address) <= 41


@given(VERSIONS, HASHES, st.integers(0, 40), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZoO"))
def test_one_wrong_character_is_noticed(
    version: int, hash160: bytes, place: int, character: str
) -> None:
    address = encode_address(version, hash160)
    place %= len(address)
    changed = address[:place] + character + address[place + 1 :]
    if changed != address:
        with pytest.raises(ValueError, match="address"):
            decode_address(changed)


@given(st.text(max_size=60) | st.text("0123456789STNPM.:abc-", max_size=60))
def test_only_what_encoding_gives_is_read(text: str) -> None:
    try:
        version, hash160 = decode_address(text)
    except ValueError:
        return
    assert encode_address(version, hash160) == text


@pytest.mark.parametrize(("version", "length"), [(32, 20), (-1, 20), (26, 19), (26, 21)])
def test_nothing_else_is_encoded(version: int, length: int) -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        encode_address(version, bytes(length))
