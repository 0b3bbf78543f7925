"""Every byte that we write is the one that stacks.js writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugins.chain_stacks.tests.stacks_js import StacksJs, opened_stacks_js
from plugins.chain_stacks.tests.wire_cases import (
    HASHES,
    NAMES,
    PAYLOADS,
    POST_CONDITIONS,
    SECRETS,
    U64,
    VALUES,
    VERSIONS,
    told_condition,
    told_payload,
    told_value,
)

from stacktill.domain.c32 import decode_address, encode_address
from stacktill_chain_stacks.addresses import Addresses
from stacktill_chain_stacks.wire.clarity import Ascii, Tuple, UInt, Value
from stacktill_chain_stacks.wire.conditions import OneKey
from stacktill_chain_stacks.wire.decoding import decode_value
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.hashes import hash160, sha256
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.messages import sign_structured, structured_hash
from stacktill_chain_stacks.wire.payloads import Payload, StxTransfer
from stacktill_chain_stacks.wire.post_conditions import (
    Mode,
    PostCondition,
    encode_post_condition,
)
from stacktill_chain_stacks.wire.signing import (
    NO_SPONSOR,
    check_signatures,
    sign_as_origin,
    sign_as_sponsor,
)
from stacktill_chain_stacks.wire.transactions import (
    MAINNET_CHAIN_ID,
    TESTNET_CHAIN_ID,
    Transaction,
    decode_transaction,
    encode_transaction,
    transaction_id,
)

# Whom stacks.js writes there: the account of a key of 33 zero bytes.
NOBODY = "29cfc6376255a78451eeb4b129ed8eacffa2feef"
compared = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def js() -> Iterator[StacksJs]:
    with opened_stacks_js() as opened:
        yield opened


@compared
@given(version=VERSIONS, hash=HASHES)
def test_addresses(js: StacksJs, version: int, hash: bytes) -> None:
    theirs = js.ask("address", version=version, hash=hash.hex())["address"]
    assert encode_address(version, hash) == theirs
    assert decode_address(theirs) == (version, hash)


@compared
@given(secret=SECRETS, mainnet=st.booleans(), marked=st.booleans())
def test_accounts(js: StacksJs, secret: bytes, *, mainnet: bool, marked: bool) -> None:
    # Without the 01 behind it stacks.js takes a key's public key uncompressed: another account.
    text = secret.hex() + ("01" if marked else "")
    network = "mainnet" if mainnet else "testnet"
    theirs = js.ask("account", key=secret.hex() + "01", network=network)["address"]
    assert str(PrivateKey.parse(text).principal(mainnet=mainnet)) == theirs


@compared
@given(value=VALUES)
def test_values(js: StacksJs, value: Value) -> None:
    theirs = bytes.fromhex(js.ask("value", value=told_value(value))["hex"])
    assert encode_value(value) == theirs
    assert decode_value(theirs) == value


@compared
@given(condition=POST_CONDITIONS)
def test_post_conditions(js: StacksJs, condition: PostCondition) -> None:
    theirs = js.ask("post_condition", post_condition=told_condition(condition))["hex"]
    assert encode_post_condition(condition).hex() == theirs


@st.composite
def transactions(draw: st.DrawFn) -> dict[str, Any]:
    """The parts of a transaction, for us and for stacks.js."""
    key = PrivateKey(draw(SECRETS))
    sponsored = draw(st.booleans())
    payload: Payload = draw(PAYLOADS)
    may_bind = not isinstance(payload, StxTransfer)
    return {
        "payload": payload,
        "key": key,
        "sponsor": PrivateKey(draw(SECRETS)) if sponsored else None,
        "mainnet": draw(st.booleans()),
        "nonce": draw(U64),
        "fee": 0 if sponsored else draw(U64),
        "sponsor_nonce": draw(U64),
        "sponsor_fee": draw(U64),
        "mode": draw(st.sampled_from(Mode)) if may_bind else Mode.DENY,
        "conditions": tuple(draw(st.lists(POST_CONDITIONS, max_size=3))) if may_bind else (),
    }


def ours(parts: dict[str, Any]) -> Transaction:
    """The transaction that we make of the parts, not signed yet."""
    return Transaction(
        payload=parts["payload"],
        origin=OneKey(hash160(parts["key"].public_key), parts["nonce"], parts["fee"]),
        sponsor=None if parts["sponsor"] is None else NO_SPONSOR,
        chain_id=MAINNET_CHAIN_ID if parts["mainnet"] else TESTNET_CHAIN_ID,
        is_mainnet=parts["mainnet"],
        mode=parts["mode"],
        post_conditions=parts["conditions"],
    )


def told(parts: dict[str, Any], *, signed: bool) -> dict[str, Any]:
    """The parts as ``stacks_js.mjs`` takes them."""
    sponsor = parts["sponsor"]
    return {
        "payload": told_payload(parts["payload"]),
        "signed": signed,
        "key": parts["key"]._key.secret.hex() + "01",
        "public_key": parts["key"].public_key.hex(),
        "sponsor": None
        if sponsor is None
        else {
            "key": sponsor._key.secret.hex() + "01",
            "nonce": str(parts["sponsor_nonce"]),
            "fee": str(parts["sponsor_fee"]),
        },
        "network": "mainnet" if parts["mainnet"] else "testnet",
        "nonce": str(parts["nonce"]),
        "fee": str(parts["fee"]),
        "mode": parts["mode"].name.lower(),
        "post_conditions": [told_condition(one) for one in parts["conditions"]],
    }


@compared
@given(parts=transactions())
def test_unsigned_transactions(js: StacksJs, parts: dict[str, Any]) -> None:
    theirs = js.ask("transaction", **told(parts, signed=False))
    made = ours(parts)
    if made.sponsor is not None:
        # The place of a sponsor who has not signed yet is cleared before anything is hashed.
        made = replace(made, sponsor=replace(NO_SPONSOR, signer=bytes.fromhex(NOBODY)))
    assert encode_transaction(made).hex() == theirs["hex"]
    assert decode_transaction(bytes.fromhex(theirs["hex"])) == made


@compared
@given(parts=transactions())
def test_signed_transactions(js: StacksJs, parts: dict[str, Any]) -> None:
    theirs = js.ask("transaction", **told(parts, signed=True))
    made = sign_as_origin(ours(parts), parts["key"])
    if parts["sponsor"] is not None:
        check_signatures(made, sponsor=False)
        made = sign_as_sponsor(
            made, parts["sponsor"], nonce=parts["sponsor_nonce"], fee=parts["sponsor_fee"]
        )
    assert encode_transaction(made).hex() == theirs["hex"]
    assert transaction_id(made) == theirs["txid"]
    check_signatures(decode_transaction(bytes.fromhex(theirs["hex"])))


@compared
@given(digest=st.binary(min_size=32, max_size=32), secret=SECRETS)
def test_signatures(js: StacksJs, digest: bytes, secret: bytes) -> None:
    theirs = js.ask("sign", digest=digest.hex(), key=secret.hex() + "01")["signature"]
    assert PrivateKey(secret).sign(digest).hex() == theirs


@compared
@given(message=VALUES, secret=SECRETS, name=NAMES, chain=st.integers(0, 2**32 - 1))
def test_structured_data(
    js: StacksJs, message: Value, secret: bytes, name: str, chain: int
) -> None:
    domain = Tuple({"name": Ascii(name), "version": Ascii("1.0"), "chain-id": UInt(chain)})
    theirs = js.ask(
        "structured",
        domain=told_value(domain),
        message=told_value(message),
        key=secret.hex() + "01",
    )
    key = PrivateKey(secret)
    assert sign_structured(key, domain, message).hex() == theirs["signature"]
    assert structured_hash(domain, message) == sha256(bytes.fromhex(theirs["encoded"]))


@compared
@given(
    text=st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), max_size=400),
    secret=SECRETS,
    chain=st.sampled_from((1, 2**31)),
)
def test_a_text_signed_as_data_proves_an_address(
    js: StacksJs, text: str, secret: bytes, chain: int
) -> None:
    """As the how-to tells merchants to do it, whose wallets sign no plain text."""
    domain = [
        ["name", {"kind": "ascii", "value": "stacktill"}],
        ["version", {"kind": "ascii", "value": "1.0.0"}],
        ["chain-id", {"kind": "uint", "value": str(chain)}],
    ]
    theirs = js.ask(
        "structured",
        domain={"kind": "tuple", "value": domain},
        message={"kind": "tuple", "value": [["message", {"kind": "ascii", "value": text}]]},
        key=secret.hex() + "01",
    )
    addresses = Addresses(mainnet=chain == 1, chain_id=chain)
    own = str(PrivateKey(secret).principal(mainnet=chain == 1))
    assert addresses.is_signed(text, theirs["signature"], address=own)
    assert not addresses.is_signed(f"{text}.", theirs["signature"], address=own)
