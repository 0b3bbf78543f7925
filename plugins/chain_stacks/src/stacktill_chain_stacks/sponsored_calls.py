"""The transactions that payers sign for sponsoring: drafted for them, and read back to the byte."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stacktill.domain.errors import InvalidParameter
from stacktill_chain_stacks.payments import Signer, pay_call, transfer_call
from stacktill_chain_stacks.wire.conditions import NO_SIGNATURE, P2PKH, OneKey
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.post_conditions import Compare, TokenCondition
from stacktill_chain_stacks.wire.principals import (
    MAINNET_VERSIONS,
    TESTNET_VERSIONS,
    AssetId,
    Principal,
)
from stacktill_chain_stacks.wire.signing import NO_SPONSOR, UNNAMED_SPONSOR, check_signatures
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)

if TYPE_CHECKING:
    from stacktill.plugin import WalletOrder
    from stacktill_chain_stacks.config import StacksConfig
    from stacktill_chain_stacks.wire.payloads import Call

__all__ = ["Asked", "SponsoredCalls"]

LARGEST_BYTES = 4_096
"""Far more than any call that pays an order; longer ones are not even read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A transaction that its payer signed: by whom, with which nonce, for which call."""

    payer: Principal
    nonce: int
    call: Call


class SponsoredCalls:
    """Knows what a payer is asked to sign on one network, and takes nothing else."""

    def __init__(self, config: StacksConfig, asset: AssetId, signer: Signer | None) -> None:
        self._config = config
        self._asset = asset
        self._signer = signer
        self._version = (MAINNET_VERSIONS if config.is_mainnet else TESTNET_VERSIONS)[0]

    def payer(self, text: str) -> Principal:
        """The account of a single wallet; raise ``InvalidParameter`` for any other address."""
        try:
            account = Principal.parse(text)
        except WireError as error:
            raise InvalidParameter(f"{error}.", param="payer") from error
        if account.version != self._version or account.contract is not None:
            raise InvalidParameter("This is no single wallet's address.", param="payer")
        return account

    def drafted(self, order: WalletOrder, call: Call, payer: Principal, nonce: int) -> bytes:
        """The unsigned transaction, as wallets' own library would have made it."""
        built = self._built(order, call, OneKey(payer.hash160, nonce, 0))
        return encode_transaction(replace(built, sponsor=UNNAMED_SPONSOR))

    def read(self, transaction: bytes, order: WalletOrder) -> Asked:
        """What was signed; raise ``InvalidParameter`` unless it is a call of an enabled mode, to the byte.

        Which mode goes first may have changed since the payer was asked, so any enabled one will do.
        """
        given = _decoded(transaction)
        origin = given.origin
        if not isinstance(origin, OneKey) or origin.hash_mode != P2PKH:
            raise _refused("It is not signed by a single wallet's key.")
        payer = Principal(self._version, origin.signer)
        for call in self._calls(order, payer):
            # What stands where the sponsor signs is replaced, so it need not be ours.
            built = replace(self._built(order, call, origin), sponsor=given.sponsor)
            if encode_transaction(built) == transaction:
                _check_signed(built, origin)
                return Asked(payer, origin.nonce, call)
        raise _refused("It is not the call that pays this payment, to the byte.")

    def _calls(self, order: WalletOrder, payer: Principal) -> list[Call]:
        calls = []
        for mode in self._config.payment_modes:
            if mode == "transfer":
                calls.append(transfer_call(order, payer, self._asset))
            elif self._signer is not None:
                calls.append(pay_call(order, self._signer))
        return calls

    def _built(self, order: WalletOrder, call: Call, origin: OneKey) -> Transaction:
        payer = Principal(self._version, origin.signer)
        bound = TokenCondition(payer, self._asset, Compare.EQ, order.amount_sats)
        return Transaction(
            payload=call,
            origin=origin,
            sponsor=NO_SPONSOR,
            chain_id=self._config.network_id,
            is_mainnet=self._config.is_mainnet,
            post_conditions=(bound,),
        )


def _decoded(transaction: bytes) -> Transaction:
    if len(transaction) > LARGEST_BYTES:
        raise _refused(f"It has more than {LARGEST_BYTES} bytes.")
    try:
        given = decode_transaction(transaction)
    except WireError as error:
        raise _refused(f"It cannot be read: {error}.") from error
    place = given.sponsor
    if place is None:
        raise _refused("It was not made to be sponsored.")
    # Some libraries write a fee there that the sponsor is to replace.
    if not isinstance(place, OneKey) or replace(place, fee=0) not in (NO_SPONSOR, UNNAMED_SPONSOR):
        raise _refused("It names a sponsor already.")
    return given


def _check_signed(built: Transaction, origin: OneKey) -> None:
    if origin.fee:
        raise _refused("It offers a fee of its own.")
    if origin.signature == NO_SIGNATURE:
        raise _refused("It is not signed.")
    try:
        check_signatures(built, sponsor=False)
    except WireError as error:
        raise _refused(f"{error}.") from error


def _refused(reason: str) -> InvalidParameter:
    return InvalidParameter(f"This transaction is not sponsored. {reason}", param="transaction")
