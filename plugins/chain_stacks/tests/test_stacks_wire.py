"""What is written is read again, and whatever is read answers with a value or with ``WireError``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plugins.chain_stacks.tests.wire_cases import (
    ACCOUNTS,
    HASHES,
    PAYLOADS,
    POST_CONDITIONS,
    PRINCIPALS,
    SECRETS,
    U64,
    VALUES,
)

from stacktill_chain_stacks.wire.clarity import Ascii, Buffer, List, Some, Tuple, UInt, Utf8, Value
from stacktill_chain_stacks.wire.conditions import (
    ManyKeys,
    OneKey,
    encode_condition,
    read_condition,
)
from stacktill_chain_stacks.wire.decoding import decode_buffer, decode_value, from_hex
from stacktill_chain_stacks.wire.encoding import DEEPEST, encode_value
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.hashes import hash160
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Call, Payload, StxTransfer
from stacktill_chain_stacks.wire.post_conditions import (
    Mode,
    PostCondition,
    encode_post_condition,
    read_post_condition,
)
from stacktill_chain_stacks.wire.principals import AssetId, Principal
from stacktill_chain_stacks.wire.reader import Reader
from stacktill_chain_stacks.wire.signing import (
    NO_SPONSOR,
    check_signatures,
    sign_as_origin,
    sign_as_sponsor,
)
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    transaction_id,
)

SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token"
KEY = PrivateKey(bytes(31) + b"\x01")
thorough = settings(max_examples=300, deadline=None)


# ------------------------------------------------------------------------------------ addresses


@thorough
@given(principal=PRINCIPALS, at=st.integers(0, 60), letter=st.sampled_from("0ABILOUZl.-é \n"))
def test_a_typing_error_is_no_other_principal(principal: Principal, at: int, letter: str) -> None:
    text = str(principal)
    assert Principal.parse(text) == principal
    wrong = text[: at % len(text)] + letter + text[at % len(text) + 1 :]
    try:
        read = Principal.parse(wrong)
    except WireError:
        return
    assert str(read) == wrong
    assert wrong == text or read.contract != principal.contract


@thorough
@given(text=st.text(max_size=60))
@example("S" * 10_000)
@example("SP")
def test_no_text_breaks_the_reader_of_principals(text: str) -> None:
    for read in (Principal.parse, AssetId.parse):
        with pytest.raises(WireError):
            read(text)


def test_an_asset_needs_a_contract() -> None:
    assert str(AssetId.parse(SBTC)) == SBTC
    for text in (SBTC.partition("::")[0], SBTC.replace(".sbtc-token", ""), SBTC + "::x", "::"):
        with pytest.raises(WireError):
            AssetId.parse(text)


# ------------------------------------------------------------------------------------ values


@thorough
@given(value=VALUES)
def test_a_value_is_read_as_it_was_written(value: Value) -> None:
    assert decode_value(encode_value(value)) == value


@settings(max_examples=2000, deadline=None)
@given(data=st.binary(max_size=120))
@example(b"\x0b\xff\xff\xff\xff")
@example(b"\x0c\xff\xff\xff\xff")
@example(b"\x02\xff\xff\xff\xff")
@example(b"\x07" * 100_000)
@example(b"\x0b\x00\x00\x00\x01" * 1_000)
@example(b"\x0c\x00\x00\x00\x00")
@example(b"\x0d\x00\x00\x00\x01\x80")
@example(b"\x0e\x00\x00\x00\x01\x80")
@example(b"\x05\x20" + bytes(20))
@example(b"")
def test_no_bytes_break_the_reader_of_values(data: bytes) -> None:
    _check_any(data)


def _check_any(data: bytes) -> None:
    """Any bytes are one value's, or refused."""
    try:
        value = decode_value(data)
    except WireError:
        with pytest.raises(WireError):
            decode_buffer(data)
        return
    assert encode_value(value) == data
    if isinstance(value, Buffer):
        assert decode_buffer(data) == value.value
    else:
        with pytest.raises(WireError):
            decode_buffer(data)


@settings(max_examples=1000, deadline=None)
@given(value=VALUES, at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_no_damage_breaks_the_reader_of_values(
    value: Value, at: int, byte: int, *, cut: bool
) -> None:
    data = bytearray(encode_value(value))
    data[at % len(data)] = byte
    if cut:
        del data[at % len(data) :]
    _check_any(bytes(data))


def test_values_nest_only_so_deep() -> None:
    value: Value = UInt(1)
    for _ in range(DEEPEST - 1):
        value = Some(value)
    assert decode_value(encode_value(value)) == value
    with pytest.raises(WireError):
        encode_value(Some(value))


def test_what_clarity_does_not_allow_is_refused() -> None:
    wrong = (
        lambda: UInt(-1),
        lambda: UInt(2**128),
        lambda: Ascii("é"),
        lambda: Utf8("\ud800"),
        lambda: Buffer(bytes(2**20 + 1)),
        lambda: Tuple({}),
        lambda: Tuple({"no name": UInt(1)}),
        lambda: encode_value(List(tuple(Buffer(bytes(2**20)) for _ in range(3)))),
        lambda: from_hex("0x0"),
        lambda: from_hex("00 01"),
        lambda: from_hex("zz"),
    )
    for make in wrong:
        with pytest.raises(WireError):
            make()


def test_a_tuple_is_equal_in_any_order() -> None:
    one, other = Tuple({"a": UInt(1), "b": UInt(2)}), Tuple({"b": UInt(2), "a": UInt(1)})
    assert one == other
    assert hash(one) == hash(other)
    assert encode_value(one) == encode_value(other)
    swapped = encode_value(one).replace(b"\x01a", b"\x01x").replace(b"\x01b", b"\x01a")
    with pytest.raises(WireError):
        decode_value(swapped)


# ------------------------------------------------------------------------------------ transactions


@thorough
@given(condition=POST_CONDITIONS)
def test_a_post_condition_is_read_as_it_was_written(condition: PostCondition) -> None:
    reader = Reader(encode_post_condition(condition))
    assert read_post_condition(reader) == condition
    reader.finish()


@st.composite
def signed(draw: st.DrawFn) -> Transaction:
    """A signed transaction of any kind."""
    key = PrivateKey(draw(SECRETS))
    sponsored = draw(st.booleans())
    made = Transaction(
        payload=draw(PAYLOADS),
        origin=OneKey(hash160(key.public_key), draw(U64), draw(U64)),
        sponsor=NO_SPONSOR if sponsored else None,
        mode=draw(st.sampled_from(Mode)),
        post_conditions=tuple(draw(st.lists(POST_CONDITIONS, max_size=2))),
    )
    made = sign_as_origin(made, key)
    if not sponsored:
        return made
    return sign_as_sponsor(made, PrivateKey(draw(SECRETS)), nonce=draw(U64), fee=draw(U64))


@thorough
@given(transaction=signed())
def test_a_transaction_is_read_as_it_was_written(transaction: Transaction) -> None:
    assert decode_transaction(encode_transaction(transaction)) == transaction
    check_signatures(transaction)


@settings(max_examples=1000, deadline=None)
@given(transaction=signed(), at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_changed_byte_breaks_the_signature_and_nothing_else(
    transaction: Transaction, at: int, byte: int
) -> None:
    data = bytearray(encode_transaction(transaction))
    data[at % len(data)] = byte
    try:
        changed = decode_transaction(bytes(data))
        assert encode_transaction(changed) == bytes(data)
        check_signatures(changed)
    except WireError:
        return
    # Nothing may be free: what still counts as signed is what was signed.
    assert changed == transaction


@settings(max_examples=2000, deadline=None)
@given(data=st.binary(max_size=200))
@example(b"\x00\x00\x00\x00\x01\x04" + bytes(200))
def test_no_bytes_break_the_reader_of_transactions(data: bytes) -> None:
    try:
        decode_transaction(data)
    except WireError:
        return


@thorough
@given(mode=st.sampled_from((1, 3, 5, 7)), signer=HASHES, nonce=U64, fee=U64)
def test_conditions_of_several_keys_are_read(
    mode: int, signer: bytes, nonce: int, fee: int
) -> None:
    fields = ((0, bytes(33)), (2, bytes(65)), (3, bytes(65)), (1, bytes(33)))
    condition = ManyKeys(signer, nonce, fee, mode, fields, 2)
    reader = Reader(encode_condition(condition))
    assert read_condition(reader) == condition
    reader.finish()


def _transfer(account: Principal, *, sponsored: bool = False) -> Transaction:
    return Transaction(
        payload=StxTransfer(account, 1, b"memo"),
        origin=OneKey(KEY.principal(mainnet=True).hash160, nonce=0, fee=180),
        sponsor=NO_SPONSOR if sponsored else None,
    )


@settings(deadline=None)
@given(account=ACCOUNTS)
def test_only_the_right_key_signs(account: Principal) -> None:
    made = _transfer(account)
    with pytest.raises(WireError):
        check_signatures(made)
    with pytest.raises(WireError):
        sign_as_origin(made, PrivateKey(bytes(31) + b"\x02"))
    done = sign_as_origin(made, KEY)
    check_signatures(done)
    with pytest.raises(WireError):
        check_signatures(replace(done, payload=StxTransfer(account, 2)))
    with pytest.raises(WireError):
        sign_as_sponsor(done, KEY, nonce=0, fee=0)


@settings(deadline=None)
@given(account=ACCOUNTS)
def test_a_sponsor_signs_on_top_of_the_origin(account: Principal) -> None:
    made = sign_as_origin(_transfer(account, sponsored=True), KEY)
    check_signatures(made, sponsor=False)
    with pytest.raises(WireError):
        check_signatures(made)
    done = sign_as_sponsor(made, PrivateKey(bytes(31) + b"\x07"), nonce=3, fee=900)
    check_signatures(done)
    assert transaction_id(done) != transaction_id(made)
    assert done.sponsor is not None
    with pytest.raises(WireError):
        check_signatures(replace(done, sponsor=replace(done.sponsor, fee=901)))


def test_what_a_call_needs_is_asked_for() -> None:
    with pytest.raises(WireError):
        Call(KEY.principal(mainnet=True), "transfer")
    with pytest.raises(WireError):
        StxTransfer(KEY.principal(mainnet=True), 1, bytes(35))
    with pytest.raises(WireError):
        OneKey(bytes(20), nonce=-1, fee=0)


@settings(deadline=None)
@given(payload=PAYLOADS, secret=SECRETS)
def test_a_witness_address_is_checked_too(payload: Payload, secret: bytes) -> None:
    key = PrivateKey(secret)
    condition = OneKey(hash160(b"\x00\x14" + hash160(key.public_key)), 0, 0, hash_mode=2)
    made = Transaction(payload=payload, origin=condition)
    with pytest.raises(WireError):
        check_signatures(made)
