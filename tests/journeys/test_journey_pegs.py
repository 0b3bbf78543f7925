"""Bitcoin becomes sBTC at a store's address, and sBTC becomes bitcoin again: the books know at any time."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, Wallet, with_wallet
from plugins.chain_stacks.tests.pegs import answer, answer_many, pegged_in, withdrawal
from tests.contract import check_answer
from tests.live import live_box, live_shop
from tests.served import Served, Shop, until

from stacktill_chain_stacks.wire.clarity import Ok, UInt
from stacktill_chain_stacks.wire.decoding import decode_value, from_hex
from stacktill_chain_stacks.wire.payloads import Call, Deploy
from stacktill_chain_stacks.wire.post_conditions import Compare, Mode, TokenCondition
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("devnet")

ROOT = Path(__file__).resolve().parents[2]
GENESIS_SATS = 1_000_000_000
"""What everybody has before the first block, and before any books."""
SPAM = """
(define-fungible-token sbtc-token)
(define-fungible-token sbtc-token-locked)
(define-public (spam (owner principal))
  (begin
    (try! (ft-mint? sbtc-token u340282366920938463463374607431768211455 owner))
    (try! (ft-mint? sbtc-token-locked u18446744073709551616 owner))
    (try! (ft-burn? sbtc-token u9223372036854775808 owner))
    (ft-transfer? sbtc-token u9223372036854775807 owner tx-sender)))
"""


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance with a live chain."""
    with live_box(devnet, tmp_path_factory.mktemp("pegs")) as appliance:
        yield appliance


@pytest.fixture(scope="module")
def shop(devnet: Devnet, served: Served) -> Shop:
    """A store that is paid at the merchant's wallet; its answers are held against the document."""
    made = live_shop(served, devnet.address("merchant"))
    made.http.event_hooks["response"].append(check_answer)
    return made


def held(shop: Shop) -> dict[str, int]:
    """What the books say, by account."""
    balance = shop.get("/v1/balance")
    accounts = ("available", "pending", "unmatched", "locked")
    return {name: balance[name][0]["amount"] for name in accounts}


async def _on_chain(wallet: Wallet) -> tuple[int, int]:
    free = await wallet.balance("merchant", "get-balance-available")
    return free - GENESIS_SATS, await wallet.balance("merchant", "get-balance-locked")


def agree(devnet: Devnet, shop: Shop) -> bool:
    """Whether the books hold what the token's contract says: free, and locked."""
    free, locked = with_wallet(devnet, _on_chain)
    books = held(shop)
    return (free, locked) == (sum(books.values()) - books["locked"], books["locked"])


def do(devnet: Devnet, who: str, call: Call, *bounds: TokenCondition) -> str:
    """Let somebody make a call that works, in a block of its own."""
    mode = Mode.DENY if bounds else Mode.ALLOW
    txid = with_wallet(devnet, lambda wallet: wallet.send(who, call, *bounds, mode=mode))
    assert devnet.mine() == {txid: "success"}
    return txid


def withdraw(devnet: Devnet, sats: int, most_fee: int) -> int:
    """The merchant asks for bitcoin, bound to what that may cost; the number of the request."""
    owner = Principal.parse(devnet.address("merchant"))
    bound = TokenCondition(owner, devnet.asset, Compare.EQ, sats + most_fee)
    txid = do(devnet, "merchant", withdrawal(devnet, sats, most_fee), bound)
    url = f"{devnet.url}/extended/v3/transactions/0x{txid}?include=result"
    result = decode_value(from_hex(httpx.get(url).json()["result"]["hex"]))
    assert isinstance(result, Ok)
    assert isinstance(result.value, UInt)
    return result.value.value


def deposits_of(shop: Shop, txid: str) -> list[dict[str, Any]]:
    """What a transaction brought."""
    found = shop.get("/v1/deposits", {"limit": 100})["data"]
    return [one for one in found if one["transaction_hash"] == txid]


def unmatched_told(shop: Shop) -> int:
    """How often the shop was told of money that pays nothing."""
    return len(shop.get("/v1/events", {"type": "deposit.unmatched", "limit": 100})["data"])


def arrived(shop: Shop, txid: str) -> dict[str, Any]:
    """The one deposit of a transaction, once it is there."""
    until(lambda: deposits_of(shop, txid), seconds=20)
    (found,) = deposits_of(shop, txid)
    return found


def test_what_is_minted_asks_what_it_is_for_and_pays_when_told(devnet: Devnet, shop: Shop) -> None:
    txid = str(devnet.order("mint", to=devnet.address("merchant"), sats=5_000)["txid"])
    devnet.mine()
    deposit = arrived(shop, txid)
    assert (deposit["sender"], deposit["reason"]["code"]) == (None, "minted")
    refused = shop.http.post(
        f"{shop.url}/v1/deposits/{deposit['id']}/refund", auth=(shop.secret_key, "")
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_sender")
    intent = shop.intent(5_000)
    shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": intent["id"]})
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    charge = shop.get(f"/v1/charges/{shop.read(intent)['latest_charge']}")
    assert charge["payment_method_details"]["crypto"]["buyer_address"] is None
    assert agree(devnet, shop)


def test_the_balance_is_checked_by_hand_as_the_page_says(
    devnet: Devnet, served: Served, shop: Shop
) -> None:
    page = (ROOT / "docs/how-to/check-a-payment-by-hand.md").read_text(encoding="utf-8")
    (words,) = re.findall(
        r"^    stacktill (chain read \S+ get-balance-available .*)$", page, re.MULTILINE
    )
    told = served.run(*shlex.split(words.replace("YOUR-ADDRESS", devnet.address("merchant"))))
    assert told.strip() == f"(ok u{GENESIS_SATS + held(shop)['available']})"


def test_a_withdrawal_is_in_the_books_while_it_lasts_and_after(devnet: Devnet, shop: Shop) -> None:
    before, told = held(shop), unmatched_told(shop)
    request = withdraw(devnet, 3_000, 200)
    until(lambda: held(shop)["locked"] == 3_200, seconds=20)
    assert held(shop)["available"] == before["available"] - 3_200
    assert agree(devnet, shop)
    txid = do(devnet, "bob", answer(devnet, request, 50))
    back = arrived(shop, txid)
    assert (back["amount"], back["status"], back["sender"]) == (150, "dismissed", None)
    assert back["reason"]["code"] == "withdrawal_returned"
    until(lambda: held(shop)["available"] == before["available"] - 3_050, seconds=20)
    assert held(shop)["locked"] == 0
    assert agree(devnet, shop)
    assert unmatched_told(shop) == told, "there is nothing to ask"


def test_a_refused_withdrawal_leaves_no_trace_but_lines(devnet: Devnet, shop: Shop) -> None:
    before = held(shop)
    requests = [withdraw(devnet, sats, 80) for sats in (700, 600)]
    until(lambda: held(shop)["locked"] == 1_460, seconds=20)
    do(devnet, "bob", answer_many(devnet, dict.fromkeys(requests)))
    until(lambda: held(shop) == before, seconds=20)
    assert agree(devnet, shop)


def test_forks_take_mints_and_withdrawals_back_and_bring_them_again(
    devnet: Devnet, shop: Shop
) -> None:
    before = held(shop)
    minted = pegged_in(devnet, devnet.address("merchant"), 900, b"\x07" * 32)
    txid = do(devnet, "alice", minted)
    arrived(shop, txid)
    request = withdraw(devnet, 800, 100)
    do(devnet, "bob", answer(devnet, request, 30))
    until(lambda: held(shop)["unmatched"] == before["unmatched"] + 900, seconds=20)
    until(lambda: agree(devnet, shop), seconds=20)
    after = held(shop)
    until(lambda: held(shop)["locked"] == 0, seconds=20)
    devnet.order("reorg", depth=3)
    devnet.mine(1, burn=True)
    until(lambda: deposits_of(shop, txid)[0]["status"] == "unmatched", seconds=20)
    devnet.mine(4)
    until(lambda: held(shop) == after and agree(devnet, shop), seconds=20)
    devnet.order("reorg", depth=5, lose=True, mine=6)
    until(lambda: held(shop) == before, seconds=20)
    assert agree(devnet, shop)


def test_no_token_of_a_stranger_is_money_however_much_of_it_there_is(
    devnet: Devnet, served: Served, shop: Shop
) -> None:
    before = held(shop)
    contract = Deploy("sbtc-token", SPAM, 4)
    deployed = with_wallet(devnet, lambda wallet: wallet.send("carol", contract))
    assert devnet.mine() == {deployed: "success"}
    spam = Principal.parse(f"{devnet.address('carol')}.sbtc-token")
    txid = do(devnet, "carol", Call(spam, "spam", (Principal.parse(devnet.address("merchant")),)))
    until(lambda: len(deposits_of(shop, txid)) == 2, seconds=20)
    found = {one["amount"]: one for one in deposits_of(shop, txid)}
    assert set(found) == {2**128 - 1, 2**64}
    for one in found.values():
        assert (one["currency"], one["reason"]["code"]) == (None, "wrong_asset")
        shop.post(f"/v1/deposits/{one['id']}/dismiss", {})
    assert held(shop) == before
    assert unmatched_told(shop) >= 2, "events tell of any amount"
    told = served.run("chain", "tx", txid)
    assert f"{2**128 - 1} of {spam}::sbtc-token (NOT sBTC) minted to" in told
    assert f"{2**63} of {spam}::sbtc-token (NOT sBTC) burned of" in told
    intent = shop.intent(1_000)
    assert intent["status"] == "requires_action", "and the shop goes on"
    assert agree(devnet, shop)
