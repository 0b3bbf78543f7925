"""Signing transactions with one key, as origin or as sponsor, and telling who signed one.

Source: SIP-005, "Transaction signing and verifying".
"""

from __future__ import annotations

from dataclasses import replace

from stacktill_chain_stacks.wire.conditions import NO_SIGNATURE, OneKey, signer_hash
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.hashes import hash160, sha512_256
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.transactions import Transaction, encode_transaction

__all__ = ["NO_SPONSOR", "UNNAMED_SPONSOR", "check_signatures", "sign_as_origin", "sign_as_sponsor"]

NO_SPONSOR = OneKey(signer=bytes(20), nonce=0, fee=0)
"""The place of a sponsor who has not signed yet: an origin signs over exactly this."""
UNNAMED_SPONSOR = OneKey(signer=hash160(bytes(33)), nonce=0, fee=0)
"""How stacks.js, and so most wallets, leaves that place until a sponsor signs; nobody signs over it."""
_STANDARD, _SPONSORED = 0x04, 0x05


def sign_as_origin(transaction: Transaction, key: PrivateKey) -> Transaction:
    """The transaction, signed by the account that sends it."""
    origin = _own_condition(transaction.origin, key)
    digest = _presign(_start(transaction), _STANDARD, origin)
    signature = _stored(key.sign(digest))
    return replace(transaction, origin=replace(origin, signature=signature))


def sign_as_sponsor(
    transaction: Transaction, key: PrivateKey, *, nonce: int, fee: int
) -> Transaction:
    """The transaction, which its origin has signed, with its fee paid by this key's account."""
    if transaction.sponsor is None:
        raise WireError("the transaction was not made to be sponsored")
    sponsor = OneKey(signer=hash160(key.public_key), nonce=nonce, fee=fee)
    digest = _presign(_after_origin(transaction), _SPONSORED, sponsor)
    signature = _stored(key.sign(digest))
    return replace(transaction, sponsor=replace(sponsor, signature=signature))


def check_signatures(transaction: Transaction, *, sponsor: bool = True) -> None:
    """Raise ``WireError`` unless origin and sponsor have signed just this transaction.

    Without ``sponsor`` only the origin must have: so a gateway looks at what it is asked to sponsor.
    """
    origin = _one_key(transaction.origin)
    digest = _presign(_start(transaction), _STANDARD, origin)
    if signer_hash(origin, digest) != origin.signer:
        raise WireError("the origin's signature is not that of its account")
    if transaction.sponsor is not None and sponsor:
        payer = _one_key(transaction.sponsor)
        digest = _presign(_after_origin(transaction), _SPONSORED, payer)
        if signer_hash(payer, digest) != payer.signer:
            raise WireError("the sponsor's signature is not that of its account")


def _start(transaction: Transaction) -> bytes:
    """The hash of the transaction with everything cleared that signers fill in."""
    origin = _one_key(transaction.origin)
    cleared = replace(
        transaction,
        origin=replace(origin, nonce=0, fee=0, signature=NO_SIGNATURE),
        sponsor=None if transaction.sponsor is None else NO_SPONSOR,
    )
    return sha512_256(encode_transaction(cleared))


def _presign(before: bytes, auth: int, condition: OneKey) -> bytes:
    numbers = condition.fee.to_bytes(8, "big") + condition.nonce.to_bytes(8, "big")
    return sha512_256(before + bytes([auth]) + numbers)


def _after_origin(transaction: Transaction) -> bytes:
    """What a sponsor signs on top of: the hash over the origin's signature."""
    origin = _one_key(transaction.origin)
    before = _presign(_start(transaction), _STANDARD, origin)
    return sha512_256(before + bytes([not origin.is_compressed]) + origin.signature)


def _own_condition(condition: object, key: PrivateKey) -> OneKey:
    own = _one_key(condition)
    if own.signer != hash160(key.public_key):
        raise WireError("the key is not that of the account that the transaction is from")
    return own


def _one_key(condition: object) -> OneKey:
    if not isinstance(condition, OneKey):
        raise WireError("the transaction is signed by several keys, which is not read here")
    return condition


def _stored(signature: bytes) -> bytes:
    """R, S, V as transactions hold it: V first."""
    return signature[64:] + signature[:64]
