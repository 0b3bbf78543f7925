"""The addresses of one network: what they are of, and whether their wallet signed a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacktill_chain_stacks.wire.decoding import from_hex
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.messages import signer_of_message
from stacktill_chain_stacks.wire.principals import MAINNET_VERSIONS, TESTNET_VERSIONS, Principal

if TYPE_CHECKING:
    from stacktill.domain.addresses import AddressForm

__all__ = ["Addresses"]


class Addresses:
    """Mainnet's addresses, or testnets'."""

    def __init__(self, *, mainnet: bool) -> None:
        self._mainnet = mainnet
        self._one_key, self._several_keys = MAINNET_VERSIONS if mainnet else TESTNET_VERSIONS

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

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        """Whether the one wallet of ``address`` made this signature (R, S, V in hex) of this text."""
        if self.form(address) != "wallet":
            return False
        try:
            signer = signer_of_message(message, from_hex(signature), mainnet=self._mainnet)
        except (WireError, UnicodeEncodeError):
            return False
        return str(signer) == address
