"""Ids keep the order of time; the vault opens only what was sealed for the same place."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import ConfigError, InvariantBroken
from stacktill.runtime.ids import TimeOrderedIds, first_id
from stacktill.runtime.vault import KeyRing


def test_ids_are_in_order_and_never_repeat() -> None:
    """Even when made faster than the clock ticks."""
    ids = TimeOrderedIds()
    made = [ids.new("pi") for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"pi_[0-9A-Za-z]{24}", one) for one in made)


def test_a_bound_parts_old_ids_from_new_ones() -> None:
    """What was made from a second on is greater than the bound of that second."""
    now = int(time.time())
    made = TimeOrderedIds().new("att")
    assert first_id("att", now) < made < first_id("att", now + 10)


def test_secrets_suit_both_webhook_schemes() -> None:
    """32 letters of base62: valid base64 of 24 bytes, 190 bits of chance."""
    secret = TimeOrderedIds().secret("whsec")
    assert re.fullmatch(r"whsec_[0-9A-Za-z]{32}", secret)
    assert len({TimeOrderedIds().secret("sk_test") for _ in range(1_000)}) == 1_000


@given(text=st.text(), place=st.text())
def test_the_vault_gives_back_what_it_sealed(text: str, place: str) -> None:
    """Any text, for any place."""
    ring = KeyRing({"0001": bytes(32)})
    assert ring.open(ring.seal(text, place=place), place=place) == text


def test_a_sealed_secret_cannot_be_moved_or_altered() -> None:
    """Another place, a changed letter, an unknown key: nothing opens."""
    ring = KeyRing({"0001": bytes(32)})
    sealed = ring.seal("whsec_x", place="webhook_endpoints/we_1/secret")
    with pytest.raises(InvariantBroken):
        ring.open(sealed, place="webhook_endpoints/we_2/secret")
    with pytest.raises(InvariantBroken):
        ring.open(sealed[:-2] + "AA", place="webhook_endpoints/we_1/secret")
    with pytest.raises(InvariantBroken):
        ring.open("v1.9999.AAAA.BBBB", place="webhook_endpoints/we_1/secret")


def test_the_ring_turns(tmp_path: Path) -> None:
    """A newer key seals; what the older one sealed stays readable."""
    old = KeyRing.load(tmp_path)
    sealed = old.seal("secret", place="p")
    (tmp_path / "0002.key").write_bytes(bytes(range(32)))
    turned = KeyRing.load(tmp_path)
    assert turned.open(sealed, place="p") == "secret"
    assert turned.seal("secret", place="p").startswith("v1.0002.")
    assert (tmp_path / "0001.key").stat().st_mode & 0o777 == 0o600


@given(text=st.text(), place=st.text(), other=st.text())
def test_a_signature_is_of_one_text_and_for_one_place(text: str, place: str, other: str) -> None:
    """Anything else is refused without an error."""
    ring = KeyRing({"0001": bytes(32)})
    signature = ring.sign(text, place=place)
    assert ring.is_signed(text, signature, place=place)
    assert ring.is_signed(other, signature, place=place) == (other == text)
    assert ring.is_signed(text, signature, place=other) == (other == place)
    assert not ring.is_signed(text, other, place=place)
    assert not KeyRing({"0001": bytes([1] * 32)}).is_signed(text, signature, place=place)
    for altered in (signature + "A", signature[:-1], f"0002.{signature[5:]}", "é", "0001.é"):
        assert not ring.is_signed(text, altered, place=place)


def test_old_signatures_hold_while_their_key_is_kept() -> None:
    """Taking the key's file away withdraws all that it signed."""
    first, second = bytes(32), bytes(range(32))
    signature = KeyRing({"0001": first}).sign("terms", place="p")
    turned = KeyRing({"0001": first, "0002": second})
    assert turned.is_signed("terms", signature, place="p")
    assert turned.sign("terms", place="p").startswith("0002.")
    assert not KeyRing({"0002": second}).is_signed("terms", signature, place="p")


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    """A key of the wrong length stops the box at start, with the file's name."""
    (tmp_path / "0001.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"0001\.key must hold 32 bytes"):
        KeyRing.load(tmp_path)
