"""A till on the local chain that pays its payers' network fees, and payers who have sBTC and no STX."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from core.tests.shop_kit import Till
from tests.live import _pay_at

from stacktill.application.merchants import create_merchant
from stacktill.application.services import Caller
from stacktill.application.wallet_orders import wallet_order
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin import Sponsor, sponsor_of
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import Appliance, open_appliance
from stacktill.runtime.config import load_settings
from stacktill.runtime.sponsor_line import SponsorLine
from stacktill.web.app import create_app
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.signing import sign_as_origin
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)

if TYPE_CHECKING:
    from plugins.chain_stacks.tests.devnet_kit import Devnet

__all__ = ["SponsoringTill", "open_sponsoring", "payer_key", "settings_of", "signed_by"]

STX = 1_000_000


@dataclass(frozen=True, slots=True)
class SponsoringTill:
    """A live store on an appliance without loops, whose line of sponsored calls the test moves."""

    till: Till
    devnet: Devnet

    @property
    def line(self) -> SponsorLine:
        """The sponsor's line."""
        return self.till.appliance.sponsor_lines[True]

    @property
    def sponsor(self) -> Sponsor:
        """The sponsor itself."""
        sponsor = sponsor_of(self.till.services.chain(livemode=True))
        assert sponsor is not None
        return sponsor

    async def intent(self, sats: int = 10_000, **more: Any) -> dict[str, Any]:
        """A payment that waits for its money."""
        wish = {"amount": sats, "currency": "btc", "confirm": True, **more}
        return await self.till.post("/v1/payment_intents", **wish)

    async def draft(self, made: dict[str, Any], key: PrivateKey) -> Transaction:
        """What a payer is given to sign."""
        kept = await self.till.appliance.storage.read(_intent, made["id"])
        payer = str(key.principal(mainnet=False))
        return decode_transaction(await self.sponsor.draft(wallet_order(kept), payer))

    async def signed(self, made: dict[str, Any], key: PrivateKey) -> str:
        """What a payer signs, in hex."""
        return signed_by(key, await self.draft(made, key))

    async def ask(self, made: dict[str, Any], transaction: str, **more: Any) -> dict[str, Any]:
        """Ask for the fee of a signed transaction."""
        path = f"/v1/payment_intents/{made['id']}/sponsor"
        return await self.till.post(path, transaction=transaction, **more)

    async def refused(self, made: dict[str, Any], transaction: str) -> tuple[Any, ...]:
        """How that is refused."""
        path = f"/v1/payment_intents/{made['id']}/sponsor"
        return await self.till.refused("POST", path, {"transaction": transaction})

    async def pays(self, made: dict[str, Any], key: PrivateKey) -> dict[str, Any]:
        """A payer signs what it is given, and the fee is paid."""
        return await self.ask(made, await self.signed(made, key))

    async def look(self, sponsorship: dict[str, Any]) -> dict[str, Any]:
        """A sponsorship as it is after one look at the line."""
        await self.line.follow()
        return await self.till.get(f"/v1/sponsorships/{sponsorship['id']}")

    async def status(self, made: dict[str, Any]) -> str:
        """What the books say of a payment, level with the chain."""
        await self.till.appliance.watchers["live"].catch_up()
        found = await self.till.get(f"/v1/payment_intents/{made['id']}")
        return str(found["status"])


def settings_of(devnet: Devnet, folder: Path, *, sponsor: str = "", chain: str = "") -> Path:
    """A configuration file of a till that pays fees with the key of the chain's own sponsor."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "stacktill.toml"
    file.write_text(
        f'[server]\ndata_dir = "{folder / "data"}"\n[limits]\nrequests_per_second = 0\n'
        f"[sponsor]\n{sponsor or 'daily_budget_ustx = 10_000_000'}\n"
        "[plugins.storage_sqlite]\n[plugins.chain_sandbox]\n[plugins.notify_webhook]\n"
        f'[plugins.chain_stacks]\nnetwork = "testnet"\napis = ["{devnet.url}"]\n'
        f'sbtc_contract = "{devnet.sbtc}"\nrequests_per_minute = 0\n'
        f'sponsor_key = "{devnet._accounts["sponsor"]["private_key"]}"\n{chain}\n'
    )
    return file


@asynccontextmanager
async def open_sponsoring(
    devnet: Devnet, file: Path, *, store: Till | None = None
) -> AsyncIterator[SponsoringTill]:
    """The till of a configuration file; a new store on it is paid at the chain's own merchant."""
    async with open_appliance(load_settings(file), loops=False) as appliance:
        await appliance.watchers["live"].catch_up()
        key, caller = await _made(appliance, devnet) if store is None else (store.key, store.caller)
        app: Any = create_app(appliance)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://till") as http:
            yield SponsoringTill(Till(appliance, caller, key, http), devnet)


async def _made(appliance: Appliance, devnet: Devnet) -> tuple[str, Caller]:
    new = await appliance.storage.write(
        create_merchant, appliance.services, "Live shop", "live@example.com", True
    )
    await appliance.storage.write(_pay_at, new.merchant.id, devnet.address("merchant"))
    return new.secret.text, Caller(new.merchant.id, livemode=True)


def payer_key(devnet: Devnet, name: str, *, sats: int = 100_000, stx: float = 0) -> PrivateKey:
    """Somebody new, with sBTC and, unless asked for, without any STX."""
    key = PrivateKey(hashlib.sha256(f"payer {name}".encode()).digest())
    devnet.order("faucet", address=str(key.principal(mainnet=False)), sats=sats, stx=stx)
    return key


def signed_by(key: PrivateKey, transaction: Transaction, **changes: Any) -> str:
    """A transaction in hex, signed by its payer after some changes."""
    return encode_transaction(sign_as_origin(replace(transaction, **changes), key)).hex()


def _intent(uow: UnitOfWork, id: str) -> PaymentIntent:
    found = uow.payment_intents.get(id)
    assert found is not None
    return found
