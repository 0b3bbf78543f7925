"""Journeys of a till that dies while it sponsors: nothing is sent twice, nothing is set aside for ever."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet
from tests.live import live_shop
from tests.processes.mortal import Mortal
from tests.served import Shop, until
from tests.sponsored import SponsoringTill, open_sponsoring, payer_key, settings_of, signed_by

from stacktill.plugin import WalletOrder
from stacktill.plugin.crash_points import SPONSOR_POINTS
from stacktill.runtime import sponsor_line
from stacktill_chain_stacks import sponsor_follow
from stacktill_chain_stacks.payments import transfer_call
from stacktill_chain_stacks.sponsored_calls import SponsoredCalls
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.transactions import decode_transaction

pytestmark = pytest.mark.xdist_group("devnet")


class Death(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", SPONSOR_POINTS)
async def test_a_death_at_any_point_is_made_good(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """A payment is sponsored and offered a higher fee; whenever that stops, it ends mined, once."""
    monkeypatch.setattr(sponsor_follow, "PATIENT_SECONDS", 0)
    monkeypatch.setattr(sponsor_follow, "STUCK_SECONDS", 0)
    file, key = settings_of(devnet, tmp_path), payer_key(devnet, point)

    def die(reached: str) -> None:
        if reached == point:
            raise Death

    async with open_sponsoring(devnet, file) as till:
        made, store = await till.intent(), till.till
        with monkeypatch.context() as patch:
            patch.setattr(sponsor_line, "reach", die)
            with pytest.raises(Death):
                await _lives(till, made, key)
    monkeypatch.setattr(sponsor_follow, "STUCK_SECONDS", 300)
    async with open_sponsoring(devnet, file, store=store) as again:
        (kept,) = (await again.till.get("/v1/sponsorships"))["data"]
        assert kept["status"] == "signed"
        assert (await again.look(kept))["status"] == "sent"
        assert list(devnet.mine().values()) == ["success"]
        assert (await again.look(kept))["status"] == "mined"
        assert await again.status(made) in ("processing", "succeeded")
    assert devnet.mine() == {}


async def _lives(till: SponsoringTill, made: dict[str, Any], key: PrivateKey) -> None:
    await till.pays(made, key)
    await till.line.follow()


@pytest.mark.parametrize("point", ["sponsor.after_keep", "sponsor.after_send"])
def test_a_killed_process_goes_on_by_itself(devnet: Devnet, tmp_path: Path, point: str) -> None:
    file = settings_of(devnet, tmp_path)
    with closing(Mortal(tmp_path / "data", STACKTILL_CONFIG=str(file))) as box:
        box.live()
        shop = live_shop(box, devnet.address("merchant"))
        made, key = shop.intent(), payer_key(devnet, f"killed {point}")
        wish = {"transaction": signed_for(devnet, made, key)}
        box.end()
        assert box.live(crash_at=point)
        with pytest.raises(httpx.TransportError):
            shop.post(f"/v1/payment_intents/{made['id']}/sponsor", wish)
        box.wait_for_death(10)
        box.live()
        sent = until(lambda: _sponsorship(shop, "sent"), seconds=20)
        again = shop.post(f"/v1/payment_intents/{made['id']}/sponsor", wish)
        assert again["transaction_hash"] == sent["transaction_hash"], "asked again, paid once"
        assert devnet.mine() == {sent["transaction_hash"]: "success"}
        until(lambda: _sponsorship(shop, "mined"), seconds=30)
        until(lambda: shop.read(made)["status"] in ("processing", "succeeded"), seconds=20)
        box.end()


def _sponsorship(shop: Shop, status: str) -> dict[str, Any]:
    """The only one there is, once it has that status; before, nothing."""
    (only,) = shop.get("/v1/sponsorships")["data"]
    found: dict[str, Any] = only
    return found if found["status"] == status else {}


def signed_for(devnet: Devnet, made: dict[str, Any], key: PrivateKey) -> str:
    """What a wallet signs that makes the transaction itself, of what the intent shows."""
    asked = made["next_action"]["crypto_display_details"]
    order = WalletOrder(
        recipient=asked["deposit_addresses"]["stacks"]["address"],
        amount_sats=made["amount"],
        memo=bytes.fromhex(asked["memo"]),
        name=b"",
        closes_at=0,
    )
    payer = key.principal(mainnet=False)
    calls = SponsoredCalls(devnet.config(), devnet.asset, None)
    call = transfer_call(order, payer, devnet.asset)
    return signed_by(key, decode_transaction(calls.drafted(order, call, payer, 0)))
