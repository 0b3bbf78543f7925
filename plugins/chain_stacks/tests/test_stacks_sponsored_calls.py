"""What the sponsor takes: the call that was asked for, to the byte, and nothing that differs anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins.chain_stacks.tests.stacks_js import StacksJs, opened_stacks_js
from plugins.chain_stacks.tests.wire_cases import told_condition, told_payload

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import WalletOrder
from stacktill_chain_stacks.config import SBTC_ASSET_NAME, StacksConfig
from stacktill_chain_stacks.payments import Signer, pay_call, transfer_call
from stacktill_chain_stacks.sponsored_calls import LARGEST_BYTES, SponsoredCalls
from stacktill_chain_stacks.wire.clarity import Buffer, Nothing, Some, UInt
from stacktill_chain_stacks.wire.conditions import P2WPKH, ManyKeys, OneKey
from stacktill_chain_stacks.wire.hashes import hash160
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Call, Payload, StxTransfer
from stacktill_chain_stacks.wire.post_conditions import Compare, Mode, StxCondition, TokenCondition
from stacktill_chain_stacks.wire.principals import AssetId, Principal
from stacktill_chain_stacks.wire.signing import (
    NO_SPONSOR,
    UNNAMED_SPONSOR,
    sign_as_origin,
    sign_as_sponsor,
)
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)

SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
PAY = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.stacktill-pay-v1"
MERCHANT = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
PLATFORM = "ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC"
PAYER = PrivateKey(b"\x11" * 32)
OTHER = PrivateKey(b"\x22" * 32)
ACCOUNT = PAYER.principal(mainnet=False)
ASSET = AssetId.parse(f"{SBTC}::{SBTC_ASSET_NAME}")
CONFIG = StacksConfig(
    network="testnet",
    apis=("http://127.0.0.1:1",),
    sbtc_contract=SBTC,
    payment_modes=("pay", "transfer"),
    pay_contract=PAY,
    signing_key="33" * 32,
)
SIGNER = Signer(PrivateKey(b"\x33" * 32), Principal.parse(PAY), CONFIG.network_id)
CALLS = SponsoredCalls(CONFIG, ASSET, SIGNER)
ORDER = WalletOrder(
    recipient=MERCHANT, amount_sats=10_000, memo=b"m" * 34, name=b"n" * 16, closes_at=2_000_000_000
)
SPLIT = replace(ORDER, fee_sats=100, fee_recipient=PLATFORM)
PLAIN = transfer_call(ORDER, ACCOUNT, ASSET)
TERMS = pay_call(ORDER, SIGNER)
NONCE = 7
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def drafted(call: Call, order: WalletOrder = ORDER) -> Transaction:
    return decode_transaction(CALLS.drafted(order, call, ACCOUNT, NONCE))


def signed(call: Call = PLAIN, key: PrivateKey = PAYER, **changes: Any) -> bytes:
    """A transaction that pays the order, with changes that its payer has signed as well."""
    return encode_transaction(sign_as_origin(replace(drafted(call), **changes), key))


def why_not(transaction: bytes, order: WalletOrder = ORDER) -> str:
    with pytest.raises(InvalidParameter, match="not sponsored") as refusal:
        CALLS.read(transaction, order)
    assert refusal.value.param == "transaction"
    return str(refusal.value)


@pytest.mark.parametrize("call", [PLAIN, TERMS], ids=["transfer", "pay"])
@pytest.mark.parametrize("place", [NO_SPONSOR, UNNAMED_SPONSOR, replace(UNNAMED_SPONSOR, fee=180)])
def test_the_call_that_was_asked_for_is_taken(call: Call, place: OneKey) -> None:
    asked = CALLS.read(signed(call, sponsor=place), ORDER)
    assert (asked.payer, asked.nonce, asked.call) == (ACCOUNT, NONCE, call)


@pytest.fixture(scope="module")
def js() -> Iterator[StacksJs]:
    with opened_stacks_js() as opened:
        yield opened


@pytest.mark.parametrize("call", [PLAIN, TERMS], ids=["transfer", "pay"])
def test_what_wallets_own_library_signs_is_taken(js: StacksJs, call: Call) -> None:
    """As Xverse signs a draft, and as Leather makes the transaction itself."""
    key = PAYER._key.secret.hex() + "01"
    draft = CALLS.drafted(ORDER, call, ACCOUNT, NONCE).hex()
    (bound,) = decode_transaction(bytes.fromhex(draft)).post_conditions
    made = js.ask(
        "for_sponsor",
        payload=told_payload(call),
        signed=True,
        key=key,
        sponsor={},
        network="testnet",
        nonce=str(NONCE),
        fee="0",
        mode="deny",
        post_conditions=[told_condition(bound)],
    )["hex"]
    assert made == signed(call).hex() == js.ask("sign_draft", hex=draft, key=key)["hex"]
    assert CALLS.read(bytes.fromhex(made), ORDER).call == call


@pytest.mark.parametrize("split", [transfer_call(SPLIT, ACCOUNT, ASSET), pay_call(SPLIT, SIGNER)])
def test_a_fee_is_part_of_the_call(split: Call) -> None:
    assert CALLS.read(signed(split), SPLIT).call == split
    assert "to the byte" in why_not(signed(split))
    assert "to the byte" in why_not(signed(), SPLIT)


def test_a_mode_that_is_off_is_not_taken() -> None:
    plain = SponsoredCalls(StacksConfig(network="testnet", sbtc_contract=SBTC), ASSET, SIGNER)
    assert plain.read(signed(), ORDER).call == PLAIN
    with pytest.raises(InvalidParameter, match="to the byte"):
        plain.read(signed(TERMS), ORDER)


@given(data=st.data(), call=st.sampled_from([PLAIN, TERMS]))
def test_no_byte_may_differ(data: st.DataObject, call: Call) -> None:
    """Where the sponsor's fee will stand nothing counts, since it is replaced; all else is refused."""
    whole = bytearray(signed(call))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    if place in _FEE_OF_SPONSOR:
        assert encode_transaction(_sponsored(bytes(whole))) == encode_transaction(
            _sponsored(signed(call))
        )
    else:
        why_not(bytes(whole))


def test_every_single_bit_counts() -> None:
    whole = signed()
    for place in range(len(whole)):
        if place not in _FEE_OF_SPONSOR:
            for bit in range(8):
                why_not(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])


_ORIGIN_ENDS = 6 + 103
_FEE_OF_SPONSOR = range(_ORIGIN_ENDS + 29, _ORIGIN_ENDS + 37)


def _sponsored(transaction: bytes) -> Transaction:
    CALLS.read(transaction, ORDER)
    return sign_as_sponsor(decode_transaction(transaction), OTHER, nonce=3, fee=500)


@given(st.binary(max_size=700))
def test_noise_is_refused(noise: bytes) -> None:
    why_not(noise)


@given(st.integers(0, 600), st.binary(max_size=40))
def test_pieces_and_more_than_it_are_refused(length: int, tail: bytes) -> None:
    whole = signed(TERMS)
    if whole[:length] + tail != whole:
        why_not(whole[:length] + tail)
    if tail:
        why_not(whole + tail)


def test_a_giant_is_not_read() -> None:
    assert "more than" in why_not(bytes(LARGEST_BYTES + 1))
    assert "more than" in why_not(signed() + bytes(1_000_000))


def arguments(**changes: Any) -> Call:
    """The transfer with another argument."""
    names = ("amount", "sender", "recipient", "memo")
    values = dict(zip(names, PLAIN.arguments, strict=True)) | changes
    return replace(PLAIN, arguments=tuple(values.values()))


@pytest.mark.parametrize(
    "call",
    [
        arguments(amount=UInt(9_999)),
        arguments(amount=UInt(10_001)),
        arguments(sender=OTHER.principal(mainnet=False)),
        arguments(recipient=ACCOUNT),
        arguments(recipient=Principal.parse(f"{MERCHANT}.sbtc-token")),
        arguments(memo=Nothing()),
        arguments(memo=Some(Buffer(b"m" * 33))),
        replace(PLAIN, arguments=PLAIN.arguments[:3]),
        replace(PLAIN, arguments=(*PLAIN.arguments, Nothing())),
        replace(PLAIN, function="transfer-many"),
        replace(PLAIN, contract=Principal.parse(f"{MERCHANT}.sbtc-token")),
        replace(TERMS, contract=Principal.parse(f"{MERCHANT}.stacktill-pay-v1")),
        replace(TERMS, arguments=(TERMS.arguments[0], *pay_call(SPLIT, SIGNER).arguments[1:])),
        pay_call(replace(ORDER, closes_at=ORDER.closes_at + 1), SIGNER),
        pay_call(replace(ORDER, name=b"x" * 16), SIGNER),
        pay_call(ORDER, replace(SIGNER, key=OTHER)),
        StxTransfer(Principal.parse(MERCHANT), 10_000),
    ],
)
def test_another_call_is_refused(call: Payload) -> None:
    assert "to the byte" in why_not(signed(payload=call))


BOUND = TokenCondition(ACCOUNT, ASSET, Compare.EQ, 10_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"post_conditions": ()},
        {"post_conditions": (BOUND, BOUND)},
        {"post_conditions": (replace(BOUND, compare=Compare.LE),)},
        {"post_conditions": (replace(BOUND, amount=9_999),)},
        {"post_conditions": (replace(BOUND, who=None),)},
        {"post_conditions": (replace(BOUND, who=Principal.parse(MERCHANT)),)},
        {"post_conditions": (BOUND, StxCondition(ACCOUNT, Compare.GE, 0))},
        {"mode": Mode.ALLOW},
        {"mode": Mode.ORIGINATOR},
        {"anchor": 1},
        {"chain_id": 1},
        {"is_mainnet": True},
    ],
    ids=str,
)
def test_other_terms_are_refused(changes: dict[str, Any]) -> None:
    assert "to the byte" in why_not(signed(**changes))


def test_who_pays_its_own_fee_is_not_sponsored() -> None:
    assert "not made to be sponsored" in why_not(signed(sponsor=None))
    dear = signed(origin=replace(drafted(PLAIN).origin, fee=1))
    assert "fee of its own" in why_not(dear)


@pytest.mark.parametrize(
    "place",
    [
        OneKey(hash160(OTHER.public_key), 0, 0),
        replace(UNNAMED_SPONSOR, nonce=1),
        replace(UNNAMED_SPONSOR, signature=b"\1" * 65),
        replace(UNNAMED_SPONSOR, is_compressed=False),
        replace(UNNAMED_SPONSOR, hash_mode=P2WPKH),
        ManyKeys(bytes(20), 0, 0, 1, (), 1),
    ],
)
def test_a_sponsor_that_is_named_already_is_refused(place: Any) -> None:
    assert "names a sponsor" in why_not(signed(sponsor=place))


def test_several_keys_are_refused() -> None:
    several = ManyKeys(hash160(PAYER.public_key), NONCE, 0, 1, ((0, PAYER.public_key),), 1)
    whole = encode_transaction(replace(drafted(PLAIN), origin=several))
    assert "single wallet" in why_not(whole)
    witness = OneKey(hash160(b"\0\x14" + hash160(PAYER.public_key)), NONCE, 0, hash_mode=P2WPKH)
    assert "single wallet" in why_not(encode_transaction(replace(drafted(PLAIN), origin=witness)))


def test_a_foreign_or_missing_signature_is_refused() -> None:
    assert "not signed" in why_not(encode_transaction(drafted(PLAIN)))
    other = replace(drafted(PLAIN), origin=OneKey(hash160(OTHER.public_key), NONCE, 0))
    theirs = sign_as_origin(other, OTHER).origin
    assert isinstance(theirs, OneKey)
    stolen = replace(drafted(PLAIN), origin=replace(theirs, signer=hash160(PAYER.public_key)))
    assert "signature" in why_not(encode_transaction(stolen))


def test_the_twin_of_a_signature_is_refused() -> None:
    """With the other S the same key has signed, but the network takes only the lower one."""
    origin = decode_transaction(signed()).origin
    assert isinstance(origin, OneKey)
    order = 2 * HALF_ORDER + 1
    twin = (order - int.from_bytes(origin.signature[33:], "big")).to_bytes(32, "big")
    signature = bytes([origin.signature[0] ^ 1]) + origin.signature[1:33] + twin
    forged = replace(drafted(PLAIN), origin=replace(origin, signature=signature))
    assert "high" in why_not(encode_transaction(forged))


@pytest.mark.parametrize(
    "address",
    ["", "nobody", MERCHANT + ".vault", "SN3VMHXEN64ZZF71JQ5VESXDWTR301XTTXGF4J8F1",
     "SP000000000000000000002Q6VF78"],
)  # fmt: skip
def test_only_a_single_wallet_of_the_network_is_drafted_for(address: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        CALLS.payer(address)
    assert refusal.value.param == "payer"
