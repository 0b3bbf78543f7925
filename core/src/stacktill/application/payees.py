"""Who can be paid without loss: only somebody's address, and a contract's only knowingly."""

from __future__ import annotations

from stacktill.domain.addresses import AddressForm
from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.chain import Chain

__all__ = ["check_payee", "check_person"]


def check_payee(chain: Chain, address: str, *, param: str) -> AddressForm:
    """Whose address it is; raise ``InvalidParameter`` when what is sent there would be lost."""
    form, fault = chain.address_form(address), chain.address_fault(address)
    if fault is not None:
        raise InvalidParameter(fault, param=param)
    if form is None:
        raise InvalidParameter(
            f"'{address}' is not an address of {chain.chain_id}. Copy it from the wallet, with upper "
            "and lower case as they are.",
            param=param,
        )
    return form


def check_person(chain: Chain, address: str, *, param: str) -> None:
    """Raise ``InvalidParameter`` also for a contract: of many nobody can ever get out what is sent there."""
    if check_payee(chain, address, param=param) == "contract":
        raise InvalidParameter(
            f"'{address}' is a contract. Name the address of a wallet, or of several keys.",
            param=param,
        )
