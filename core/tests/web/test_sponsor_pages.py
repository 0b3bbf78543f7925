"""The page's offer to pay the network's fee: made honestly, kept to the byte, and refused in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from core.tests.shop_kit import Till, open_till
from core.tests.web.desk_kit import PaperDesk

from stacktill.domain.c32 import encode_address
from stacktill.domain.errors import InvalidRequest
from stacktill.plugin import ChainUnavailable, SandboxOrder
from stacktill.plugin.wallets import Purse
from stacktill_chain_sandbox.principals import named_address

PAYER = "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"
FEE_USTX = 3_000
POLICY = {
    "STACKTILL__SPONSOR__DAILY_BUDGET_USTX": "10000",
    "STACKTILL__SPONSOR__MAX_FEE_USTX": "5000",
    "STACKTILL__SPONSOR__PAYER_PAYMENTS_PER_DAY": "2",
}
HELPERS = "/v1/test_helpers/sandbox"


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(tmp_path / "data", serves=True, environ=POLICY) as opened:
        yield opened


@pytest.fixture
def desk(till: Till, monkeypatch: pytest.MonkeyPatch) -> PaperDesk:
    """A payer with sBTC enough and no STX."""
    paper = PaperDesk(purse_now=Purse(10**9, 0, FEE_USTX))
    monkeypatch.setattr(till.services.test_chain, "wallets", paper, raising=False)
    return paper


async def intent(till: Till, amount: int = 1_000) -> str:
    made = await till.post("/v1/payment_intents", amount=amount, currency="btc", confirm=True)
    return str(made["id"])


async def asked(till: Till, id: str, **fields: str) -> dict[str, Any]:
    answer = await till.http.post(f"/pay/{id}/wallet", data={"address": PAYER, **fields})
    found: dict[str, Any] = answer.json()
    return found


async def signed(till: Till, id: str, payer: str = PAYER) -> str:
    answer = await till.post(f"{HELPERS}/sign_payment", payment=id, address=payer)
    return str(answer["transaction"])


async def handed(till: Till, id: str, transaction: str, **headers: str) -> httpx.Response:
    url = f"/pay/{id}/wallet/sponsor"
    return await till.http.post(url, data={"transaction": transaction}, headers=headers)


async def told(till: Till, id: str, transaction: str) -> dict[str, Any]:
    answer = await handed(till, id, transaction)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def spend(till: Till, *payers: str) -> None:
    """Let wallets be helped, one after the other."""
    for payer in payers:
        assert till.services.test_chain.script is not None
        await till.services.test_chain.script.pay(SandboxOrder(recipient=payer, amount_sats=9_000))
        id = await intent(till)
        transaction = await signed(till, id, payer)
        await till.post(f"/v1/payment_intents/{id}/sponsor", transaction=transaction)
        await till.post(f"{HELPERS}/mine", count=1)


# ------------------------------------------------------------------------------------ offered


async def test_who_lacks_stx_is_sponsored(till: Till, desk: PaperDesk) -> None:
    answer = await asked(till, await intent(till))
    assert answer["call"] is not None
    assert (answer["problem"], answer["sponsored"]) == (None, {"draft": None})


async def test_a_draft_is_made_for_who_asks_for_it(till: Till, desk: PaperDesk) -> None:
    answer = await asked(till, await intent(till), draft="1")
    draft = bytes.fromhex(answer["sponsored"]["draft"])
    assert PAYER.encode() in draft


async def test_a_draft_that_cannot_be_made_leaves_the_call(
    till: Till, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> bytes:
        raise ChainUnavailable("no nonce")

    monkeypatch.setattr(till.services.test_chain.sponsor, "draft", fail)  # type: ignore[attr-defined]
    answer = await asked(till, await intent(till), draft="1")
    assert answer["sponsored"] == {"draft": None}


@pytest.mark.parametrize("purse", [Purse(10**9, FEE_USTX, FEE_USTX), None])
async def test_nobody_else_is(till: Till, desk: PaperDesk, purse: Purse | None) -> None:
    desk.purse_now = purse
    assert "sponsored" not in await asked(till, await intent(till))


async def test_a_wallet_of_several_keys_is_not(till: Till, desk: PaperDesk) -> None:
    url = f"/pay/{await intent(till)}/wallet"
    several = encode_address(21, bytes(range(1, 21)))
    answer = (await till.http.post(url, data={"address": several})).json()
    assert "pays such fees only for wallets with a single key" in answer["problem"]
    assert "sponsored" not in answer


async def test_too_little_sbtc_is_no_reason_to_pay_a_fee(till: Till, desk: PaperDesk) -> None:
    desk.purse_now = Purse(999, 0, FEE_USTX)
    answer = await asked(till, await intent(till))
    assert "There are 0.00000999 sBTC" in answer["problem"]
    assert "sponsored" not in answer


async def test_what_stands_against_it_is_said_before_anything_is_signed(
    till: Till, desk: PaperDesk
) -> None:
    lacks = "The fee of the network is paid in STX: about 0.003 STX are needed"

    async def refused() -> str:
        answer = await asked(till, await intent(till))
        assert "sponsored" not in answer
        assert answer["call"] is not None, "it can be overruled"
        return str(answer["problem"])

    await spend(till, PAYER, PAYER)
    words = await refused()
    assert lacks in words
    assert "paid as many fees for this wallet as it does in one day" in words
    await till.advance(24 * 3600)
    await spend(till, *map(named_address, ("one", "two", "three")))
    assert "pays for such fees in one day is used up" in await refused()
    await till.advance(24 * 3600)
    desk.purse_now = Purse(10**9, 0, 5_001)
    assert "not as much as the network asks now" in await refused()


async def test_without_a_budget_nothing_is_offered(
    till: Till, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = replace(till.services, sponsoring=replace(till.services.sponsoring, daily_budget_ustx=0))
    monkeypatch.setattr(till.appliance, "services", off)
    id = await intent(till)
    answer = await asked(till, id)
    assert answer["problem"].endswith("in this wallet.")
    assert "data-said-lost" not in (await till.http.get(f"/pay/{id}")).text
    refused = await told(till, id, await signed(till, id))
    assert "pays no fees at the moment" in refused["problem"]


async def test_the_page_has_the_words_where_fees_are_paid(till: Till, desk: PaperDesk) -> None:
    page = (await till.http.get(f"/pay/{await intent(till)}?lang=de")).text
    assert "bezahlt die Netzwerkgebühr" in page


# ------------------------------------------------------------------------------------ handed over


async def test_what_is_signed_is_sent_once(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    transaction = await signed(till, id)
    first = await told(till, id, transaction)
    assert len(first["txid"]) == 64
    assert first["problem"] is None
    assert await told(till, id, transaction) == first, "an answer may be lost: the same again"
    (made,) = (await till.get("/v1/sponsorships", payment_intent=id))["data"]
    assert made["transaction_hash"] == first["txid"]
    answer = await asked(till, id)
    assert (
        answer.get("call") is None or "has paid a fee for this payment already" in answer["problem"]
    )


@pytest.mark.parametrize("transaction", ["", "zz", "0x", "00", "7b7d", "ab" * 300, "ab" * 60_000])
async def test_anything_else_is_refused_in_words(
    till: Till, desk: PaperDesk, transaction: str
) -> None:
    id = await intent(till)
    answer = await told(till, id, transaction)
    assert "Your wallet signed something else than it was asked to" in answer["problem"]
    assert answer["txid"] is None
    assert (await till.get("/v1/sponsorships"))["data"] == []


async def test_another_payments_signature_is_refused(till: Till, desk: PaperDesk) -> None:
    id, other = await intent(till), await intent(till)
    answer = await told(till, id, await signed(till, other))
    assert "signed something else" in answer["problem"]


async def test_a_limit_that_is_reached_meanwhile_has_words_too(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    transaction = await signed(till, id)
    await spend(till, PAYER, PAYER)
    assert "paid as many fees" in (await told(till, id, transaction))["problem"]
    await till.advance(24 * 3600)
    id = await intent(till)
    transaction = await signed(till, id)
    await spend(till, *map(named_address, ("one", "two", "three")))
    assert "is used up" in (await told(till, id, transaction))["problem"]


async def test_a_wallet_whose_last_payment_waits_is_told_and_soon_is_not(
    till: Till, desk: PaperDesk
) -> None:
    id = await intent(till)
    await told(till, id, await signed(till, id))
    waits = "Another transaction of this wallet comes first."
    answer = await asked(till, await intent(till))
    assert waits in answer["problem"]
    await till.post(f"{HELPERS}/mine", count=1)
    await till.appliance.sponsor_lines[False].follow()
    assert "sponsored" in await asked(till, await intent(till))


async def test_a_block_that_nobody_has_looked_at_yet_is_looked_at(
    till: Till, desk: PaperDesk
) -> None:
    id = await intent(till)
    await told(till, id, await signed(till, id))
    await till.post(f"{HELPERS}/mine", count=1)
    assert "sponsored" in await asked(till, await intent(till))


async def test_a_crowd_that_asks_again_and_again_shares_one_look(
    till: Till, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, other = await intent(till), await intent(till)
    await told(till, id, await signed(till, id))
    line = till.appliance.sponsor_lines[False]
    follow, looks = line.follow, [0]

    async def counted() -> float:
        looks[0] += 1
        return await follow()

    monkeypatch.setattr(line, "follow", counted)
    answers = await asyncio.gather(*(asked(till, other) for _ in range(20)))
    assert all("comes first" in answer["problem"] for answer in answers)
    assert looks == [1]
    await till.post(f"{HELPERS}/mine", count=1)
    answers = await asyncio.gather(*(asked(till, other) for _ in range(20)))
    assert all("sponsored" in answer for answer in answers), "nobody is told what was so before"
    assert looks == [2]


async def test_a_look_that_fails_leaves_what_was_known(
    till: Till, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await intent(till)
    await told(till, id, await signed(till, id))

    async def fail() -> float:
        raise ChainUnavailable("down")

    monkeypatch.setattr(till.appliance.sponsor_lines[False], "follow", fail)
    answer = await asked(till, await intent(till))
    assert "comes first" in answer["problem"]


async def test_a_payment_that_is_over_is_not_sent(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    transaction = await signed(till, id)
    await till.post(f"/v1/payment_intents/{id}/cancel")
    answer = await told(till, id, transaction)
    assert "not open any more" in answer["problem"]


async def test_a_network_that_refuses_or_fails_is_told_apart(
    till: Till, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await intent(till)
    transaction = await signed(till, id)
    sponsor: Any = till.services.test_chain.sponsor  # type: ignore[attr-defined]

    async def refusal(method: str, error: Exception) -> str:
        async def fail(*_: object) -> object:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(sponsor, method, fail)
            return str((await told(till, id, transaction))["problem"])

    assert "network refused" in await refusal("send", InvalidRequest("ConflictingNonceInMempool"))
    down = await refusal("check", ChainUnavailable("down"))
    assert "cannot be asked at the moment. Nothing was paid" in down
    for code, words in (
        ("sponsor_fee_too_high", "not as much as the network asks now"),
        ("sponsor_payer_waiting", "Another transaction of this wallet comes first."),
        ("sponsor_busy", "Too many payments wait at the moment."),
        ("sponsor_would_fail", "Your transaction would have failed, so it was not sent."),
        ("balance_insufficient", "look whether there is enough sBTC in your wallet."),
    ):
        assert words in await refusal("check", InvalidRequest("no", code=code))


async def test_what_the_network_does_not_answer_to_is_on_its_way(
    till: Till, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await intent(till)
    transaction = await signed(till, id)

    async def fail(*_: object) -> None:
        raise ChainUnavailable("no answer")

    monkeypatch.setattr(till.services.test_chain.sponsor, "send", fail)  # type: ignore[attr-defined]
    answer = await told(till, id, transaction)
    assert (answer["problem"], len(answer["txid"])) == (None, 64)
    desk.fate_now = "unseen"
    followed = await till.http.get(f"/pay/{id}/wallet/{answer['txid']}")
    assert followed.json() == {"fate": "pending"}, "the shop goes on sending it"


async def test_only_the_page_itself_hands_over(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    transaction = await signed(till, id)
    answer = await handed(till, id, transaction, **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert (await till.get("/v1/sponsorships"))["data"] == []
    assert (await handed(till, "pi_nothing", transaction)).status_code == 404


async def test_without_a_desk_there_is_no_such_door(till: Till) -> None:
    id = await intent(till)
    assert (await handed(till, id, await signed(till, id))).status_code == 404
