"""Hypothesis strategies for everything on the wire, and its description for stacks.js."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from stacktill_chain_stacks.wire.clarity import (
    Ascii,
    Bool,
    Buffer,
    Err,
    Int,
    List,
    Nothing,
    Ok,
    Some,
    Tuple,
    UInt,
    Utf8,
    Value,
)
from stacktill_chain_stacks.wire.payloads import Call, Deploy, Payload, StxTransfer
from stacktill_chain_stacks.wire.post_conditions import (
    Compare,
    Nft,
    NftCondition,
    Other,
    PostCondition,
    StxCondition,
    TokenCondition,
)
from stacktill_chain_stacks.wire.principals import (
    MAINNET_VERSIONS,
    TESTNET_VERSIONS,
    AssetId,
    Principal,
)

U64 = st.integers(0, 2**64 - 1)
HASHES = st.one_of(
    st.binary(min_size=20, max_size=20),
    # Leading zeros are where base 32 goes wrong.
    st.integers(0, 20).flatmap(
        lambda zeros: st.binary(min_size=20 - zeros, max_size=20 - zeros).map(
            lambda tail: bytes(zeros) + tail
        )
    ),
)
SECRETS = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
_LETTERS = st.sampled_from(string.ascii_letters)
CONTRACT_NAMES = st.builds(
    str.__add__,
    _LETTERS,
    st.text(st.sampled_from(string.ascii_letters + string.digits + "_-"), max_size=39),
)
NAMES = st.builds(
    str.__add__,
    _LETTERS,
    st.text(st.sampled_from(string.ascii_letters + string.digits + "_!?+<>=/*-"), max_size=40),
)
# Where letters differ in case, stacks.js puts the names of a tuple into another order than the chain.
KEYS = st.text(st.sampled_from(string.ascii_lowercase), min_size=1, max_size=12)
VERSIONS = st.sampled_from((*MAINNET_VERSIONS, *TESTNET_VERSIONS))
ACCOUNTS = st.builds(Principal, VERSIONS, HASHES)
CONTRACTS = st.builds(Principal, VERSIONS, HASHES, CONTRACT_NAMES)
PRINCIPALS = st.one_of(ACCOUNTS, CONTRACTS)
ASSETS = st.builds(AssetId, CONTRACTS, NAMES)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
ASCII_TEXTS = st.text(st.sampled_from(string.printable.replace("\x0b", "")), max_size=60)

PLAIN_VALUES: st.SearchStrategy[Value] = st.one_of(
    st.builds(Int, st.integers(-(2**127), 2**127 - 1)),
    st.builds(UInt, st.integers(0, 2**128 - 1)),
    st.builds(Bool, st.booleans()),
    st.builds(Buffer, st.binary(max_size=60)),
    st.builds(Ascii, ASCII_TEXTS),
    st.builds(Utf8, TEXTS),
    st.just(Nothing()),
    PRINCIPALS,
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    PLAIN_VALUES,
    lambda inner: st.one_of(
        st.builds(Some, inner),
        st.builds(Ok, inner),
        st.builds(Err, inner),
        st.builds(List, st.lists(inner, max_size=4).map(tuple)),
        st.builds(Tuple, st.dictionaries(KEYS, inner, min_size=1, max_size=4)),
    ),
    max_leaves=12,
)

WHO = st.one_of(st.none(), PRINCIPALS)
POST_CONDITIONS: st.SearchStrategy[PostCondition] = st.one_of(
    st.builds(StxCondition, WHO, st.sampled_from(Compare), U64),
    st.builds(TokenCondition, WHO, ASSETS, st.sampled_from(Compare), U64),
    st.builds(NftCondition, WHO, ASSETS, PLAIN_VALUES, st.sampled_from(Nft)),
    st.builds(Other, st.just(3), WHO, st.sampled_from(Compare), U64),
    st.builds(Other, st.just(4), WHO, st.sampled_from((0x30, 0x31, 0x32)), st.none()),
)
MEMOS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
PAYLOADS: st.SearchStrategy[Payload] = st.one_of(
    st.builds(StxTransfer, PRINCIPALS, st.integers(0, 2**63), MEMOS.map(str.encode)),
    st.builds(Call, CONTRACTS, NAMES, st.lists(VALUES, max_size=4).map(tuple)),
    st.builds(Deploy, CONTRACT_NAMES, ASCII_TEXTS, st.integers(1, 4)),
)

_WRAPPERS = {Some: "some", Ok: "ok", Err: "err"}
_LEAVES: dict[type, Callable[[Any], dict[str, Any]]] = {
    Int: lambda one: {"kind": "int", "value": str(one.value)},
    UInt: lambda one: {"kind": "uint", "value": str(one.value)},
    Ascii: lambda one: {"kind": "ascii", "value": one.value},
    Utf8: lambda one: {"kind": "utf8", "value": one.value},
    Bool: lambda one: {"kind": "bool", "value": one.value},
    Buffer: lambda one: {"kind": "buffer", "value": one.value.hex()},
    Principal: lambda one: {"kind": "principal", "value": str(one)},
    Nothing: lambda _: {"kind": "none"},
}


def told_value(value: Value) -> dict[str, Any]:
    """A value as ``stacks_js.mjs`` takes it."""
    match value:
        case Some(inner) | Ok(inner) | Err(inner):
            return {"kind": _WRAPPERS[type(value)], "value": told_value(inner)}
        case List(items):
            return {"kind": "list", "value": [told_value(item) for item in items]}
        case Tuple(pairs):
            told = [[name, told_value(one)] for name, one in pairs.items()]
            return {"kind": "tuple", "value": told}
    return _LEAVES[type(value)](value)


def told_condition(condition: PostCondition) -> dict[str, Any]:
    """A post-condition as ``stacks_js.mjs`` takes it."""
    who = None if condition.who is None else str(condition.who)
    match condition:
        case StxCondition(compare=compare, amount=amount):
            return {"kind": "stx", "who": who, "compare": compare.name, "amount": str(amount)}
        case TokenCondition(asset=asset, compare=compare, amount=amount):
            told = {"compare": compare.name, "amount": str(amount), "asset": str(asset)}
            return {"kind": "token", "who": who, **told}
        case NftCondition(asset=asset, value=value, code=code):
            told = {"asset": str(asset), "code": code.name}
            return {"kind": "nft", "who": who, "value": told_value(value), **told}
        case Other(kind=3, code=code, amount=amount):
            told = {"compare": Compare(code).name, "amount": str(amount)}
            return {"kind": "staking", "who": who, **told}
        case Other(code=code):
            return {"kind": "pox", "who": who, "code": code}


def told_payload(payload: Payload) -> dict[str, Any]:
    """A payload as ``stacks_js.mjs`` takes it."""
    match payload:
        case StxTransfer(recipient=recipient, amount=amount, memo=memo):
            told = {"amount": str(amount), "memo": memo.decode()}
            return {"kind": "transfer", "recipient": str(recipient), **told}
        case Call(contract=contract, function=function, arguments=arguments):
            told_arguments = [told_value(one) for one in arguments]
            head = {"contract": str(contract), "function": function}
            return {"kind": "call", "arguments": told_arguments, **head}
        case Deploy(name=name, code=code, clarity_version=version):
            return {"kind": "deploy", "name": name, "code": code, "clarity_version": version}
