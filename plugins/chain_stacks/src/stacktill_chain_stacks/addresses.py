"""The addresses of one network: what they are of, and whether their wallet signed a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stacktill_chain_stacks.wire.decoding import from_hex
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.messages import (
    as_structured,
    signer_of_message,
    signer_of_structured,
)
from stacktill_chain_stacks.wire.principals import MAINNET_VERSIONS, TESTNET_VERSIONS, Principal

if TYPE_CHECKING:
    from stacktill.domain.addresses import AddressForm

__all__ = ["Addresses"]


_TEST = ("ST or SN", "another network, such as the main one")
NOBODY = bytes(20)
"""The hash in addresses without any key, such as that of the boot contracts."""


class Addresses:
    """Mainnet's addresses, or testnets'; what ``sbtc`` and ``pay_contract`` get, nobody gets out again."""

    def __init__(
        self,
        *,
        mainnet: bool,
        chain_id: int,
        sbtc: str | None = None,
        pay_contract: str | None = None,
    ) -> None:
        self._mainnet = mainnet
        self._chain_id = chain_id
        self._one_key, self._several_keys = MAINNET_VERSIONS if mainnet else TESTNET_VERSIONS
        self._sbtc_deployer = sbtc and sbtc.partition(".")[0]
        self._pay_contract = pay_contract

    def form(self, text: str) -> AddressForm | None:
        """Whose address it is, or None when it is none of this network."""
        try:
            principal = Principal.parse(text)
        except WireError:
            return None
        if principal.version not in (self._one_key, self._several_keys):
            return None
        if principal.contract is not None:
            return "contract"
        return "wallet" if principal.version == self._one_key else "multisig"

    def fault(self, text: str) -> str | None:
        """Why whatever is sent there would be lost, or None when nothing is known to speak against it."""
        try:
            principal = Principal.parse(text)
        except WireError:
            return None
        if principal.contract is not None and principal.address == self._sbtc_deployer:
            return f"'{text}' is a contract of sBTC itself, and nobody gets out what is sent to it."
        if text == self._pay_contract:
            return f"'{text}' is the contract for payments itself. It passes money on and can hold none."
        if principal.hash160 == NOBODY:
            return f"'{text}' is nobody's: it has no key, and what is sent there is lost."
        if self.form(text) is None:
            here, there = ("SP or SM", "a test network") if self._mainnet else _TEST
            return f"'{text}' is an address of {there}. One of this network begins with {here}."
        return None

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        """Whether the one wallet of ``address`` made this signature (R, S, V in hex) of this text.

        It may have signed the plain text, or the same text as structured data (SIP-018).
        """
        if self.form(address) != "wallet":
            return False
        return any(
            _is_by(address, signer, message, signature)
            for signer in (self._signer_of_text, self._signer_of_data)
        )

    def _signer_of_text(self, message: str, signature: bytes) -> Principal:
        return signer_of_message(message, signature, mainnet=self._mainnet)

    def _signer_of_data(self, message: str, signature: bytes) -> Principal:
        domain, data = as_structured(message, chain_id=self._chain_id)
        return signer_of_structured(domain, data, signature, mainnet=self._mainnet)


def _is_by(
    address: str, signer: Callable[[str, bytes], Principal], message: str, signature: str
) -> bool:
    try:
        return str(signer(message, from_hex(signature))) == address
    except (WireError, UnicodeEncodeError):
        return False
