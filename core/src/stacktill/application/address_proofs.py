"""What wallets have signed for a change of address: that the new one is theirs, and that the old agrees."""

from __future__ import annotations

from dataclasses import replace

from stacktill.domain.addresses import AddressChange, ChangeAuthority
from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.chain import Chain

__all__ = ["authority_of", "proven"]


def proven(chain: Chain, change: AddressChange, signature: str | None) -> AddressChange:
    """The change, proven by the new wallet's signature where its address can sign at all."""
    if change.is_proven:
        return change
    if change.form != "wallet":
        if signature is not None:
            raise InvalidParameter(
                f"{change.address} has no single key that could sign; leave the signature out.",
                param="signature",
            )
        return change
    if signature is None:
        raise InvalidParameter(
            "Sign the message with the wallet of the new address, and send the signature.",
            code="parameter_missing",
            param="signature",
        )
    if not chain.is_signed(change.message, signature, address=change.address):
        raise _no_signature(change.address, "signature")
    return replace(change, is_proven=True)


def authority_of(
    chain: Chain, change: AddressChange, current_signature: str | None
) -> ChangeAuthority | None:
    """By whose word the change may be immediate; None when by nobody's."""
    if current_signature is None:
        return "first_address" if change.replaces is None else None
    old = change.replaces
    if old is None:
        raise InvalidParameter(
            "There is no address in force that could sign; leave current_signature out.",
            param="current_signature",
        )
    if chain.address_form(old) != "wallet":
        raise InvalidParameter(
            f"{old}, the address in force, has no single key that could sign. Leave current_signature "
            "out: the change is announced, and takes effect after the delay.",
            param="current_signature",
        )
    if not chain.is_signed(change.message, current_signature, address=old):
        raise _no_signature(old, "current_signature")
    return "current_wallet"


def _no_signature(address: str, param: str) -> InvalidParameter:
    return InvalidParameter(
        f"This is no signature of the change's message by the wallet of {address}. Sign the text of "
        "message, to the letter, and send the signature in hex.",
        code="signature_invalid",
        param=param,
    )
