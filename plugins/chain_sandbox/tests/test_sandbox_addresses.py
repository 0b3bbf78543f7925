"""Addresses: published examples, and what must hold for all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stacktill_chain_sandbox.principals import (
    FAUCET,
    SBTC_ASSET,
    SBTC_CONTRACT,
    is_asset,
    is_contract,
    is_principal,
    named_address,
)
from stacktill_chain_sandbox.wallets import address_fault


def test_principals_are_testnet_addresses_and_contracts() -> None:
    assert is_principal(FAUCET)
    assert FAUCET.startswith("ST")
    assert SBTC_CONTRACT.startswith("SN")
    assert is_principal(SBTC_CONTRACT)
    for name in ("", "1st", "a.b", "a b", "a" * 41):
        assert not is_principal(f"{FAUCET}.{name}")
    assert not is_principal("SP000000000000000000002Q6VF78")
    assert not is_principal(SBTC_ASSET)


def test_where_money_would_be_lost_is_told() -> None:
    for text in (FAUCET, f"{FAUCET}.vault", SBTC_CONTRACT.partition(".")[0], "no address"):
        assert address_fault(text) is None
    for text, why in (
        (SBTC_CONTRACT, "sBTC itself"),
        ("ST000000000000000000002AMW42H", "nobody's"),
        ("ST000000000000000000002AMW42H.pox-4", "nobody's"),
        ("SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7", "the main network"),
        ("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token", "the main network"),
    ):
        assert why in (address_fault(text) or "")


@given(st.text())
def test_names_make_addresses(name: str) -> None:
    # Names come from ids, and ids are plain text; a lone surrogate is refused before it gets here.
    if not any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        assert is_principal(named_address(name))


def test_assets_and_contracts_are_told_apart() -> None:
    assert is_asset(SBTC_ASSET)
    assert is_asset("STX")
    assert is_contract(SBTC_CONTRACT)
    assert is_contract("ST0MADE0UP.sbtc-token")
    for text in (
        "",
        "sbtc-token",
        "STX.",
        SBTC_CONTRACT,
        f"{FAUCET}::sbtc-token",
        f"{SBTC_ASSET} ",
    ):
        assert not is_asset(text)
    for text in ("", FAUCET, SBTC_ASSET, "st0.sbtc-token", f"{SBTC_CONTRACT}\n"):
        assert not is_contract(text)
