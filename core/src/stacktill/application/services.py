"""What every use case may lean on: names, clocks, the facts of each mode's chain, and a vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stacktill.domain.errors import InvalidRequest
from stacktill.domain.fees import FeeSchedule
from stacktill.domain.sponsorships import SponsorPolicy
from stacktill.plugin.chain import Chain
from stacktill.plugin.clock import Clock, Ids
from stacktill.plugin.notification import Notifier

__all__ = ["Caller", "Services", "Vault"]


NO_FEES = FeeSchedule()
NO_SPONSORING = SponsorPolicy()


class Vault(Protocol):
    """Seals secrets and signs texts; ``place`` binds what it made to where it belongs."""

    def seal(self, text: str, *, place: str) -> str:
        """Encrypt."""
        ...

    def open(self, sealed: str, *, place: str) -> str:
        """Decrypt, or raise ``InvariantBroken`` when it was made elsewhere or altered."""
        ...

    def sign(self, text: str, *, place: str) -> str:
        """A signature that only this box can make."""
        ...

    def is_signed(self, text: str, signature: str, *, place: str) -> bool:
        """Whether ``sign`` made it, of this text and for this place."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wishes: the merchant and mode of the key, and the names of the request.

    ``actor`` is who answers for it in the audit log: a key's id, ``operator`` or ``box``.
    """

    merchant_id: str
    livemode: bool
    request_id: str | None = None
    idempotency_key: str | None = None
    actor: str = "box"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The shared, stateless helpers of the use cases. ``live_chain`` is None on a test-only box.

    ``address_delay_seconds`` is how long a new settlement address is announced when the wallet of the
    one before does not vouch for it. ``fees`` is what the operator asks of merchants,
    ``sponsoring`` what is spent on payers' network fees.
    """

    ids: Ids
    clock: Clock
    test_chain: Chain
    live_chain: Chain | None
    notifier: Notifier | None
    vault: Vault
    public_url: str
    address_delay_seconds: int = 3 * 24 * 3600
    fees: FeeSchedule = NO_FEES
    sponsoring: SponsorPolicy = NO_SPONSORING

    def chain(self, livemode: bool) -> Chain:
        """The chain of a mode; raise ``InvalidRequest`` when this box has none for live mode."""
        if not livemode:
            return self.test_chain
        if self.live_chain is None:
            raise InvalidRequest(
                "Live mode has no chain on this appliance; enable a live chain plugin in the "
                "configuration, or use a test key."
            )
        return self.live_chain

    def chain_by_id(self, chain_id: str) -> Chain:
        """The opened chain that the books call so."""
        for chain in (self.test_chain, self.live_chain):
            if chain is not None and chain.chain_id == chain_id:
                return chain
        raise InvalidRequest(f"The chain {chain_id} is not configured on this appliance.")

    def now(self, livemode: bool) -> int:
        """Unix seconds by the mode's own clock; test mode can travel in time."""
        if livemode and self.live_chain is None:
            return self.clock.now()
        return self.chain(livemode).clock.now()
