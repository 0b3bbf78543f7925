"""Journeys of wallets without a browser: what the page's module asks, paid by the contract and with fees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet
from tests.browser.wallet_kit import Extension
from tests.live import live_box, live_shop
from tests.served import Served, Shop, until

pytestmark = pytest.mark.xdist_group("devnet")


def fees(devnet: Devnet) -> str:
    """One percent for the platform."""
    return (
        "[fees]\ntiers = { standard = 100 }\ndefault_tier = 'standard'\n"
        f"live_recipient = '{devnet.address('platform')}'\n"
    )


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A till that prefers the contract."""
    key = devnet._accounts["gateway"]["private_key"]
    chain = (
        f'payment_modes = ["pay", "transfer"]\npay_contract = "{devnet.contracts["pay"]}"\n'
        f'signing_key = "{key}"\n'
    )
    folder = tmp_path_factory.mktemp("contract")
    with live_box(devnet, folder, chain=chain, more=fees(devnet)) as box:
        yield box


@pytest.fixture(scope="module")
def shop(devnet: Devnet, served: Served) -> Shop:
    return live_shop(served, devnet.address("merchant"))


@pytest.fixture
def wallet(devnet: Devnet) -> Extension:
    return Extension(devnet, devnet.key("alice"))


def ask(shop: Shop, payment: str, address: str, **headers: str) -> httpx.Response:
    """What the page's module asks."""
    url = f"{shop.url}/pay/{payment}/wallet"
    return shop.http.post(url, data={"address": address}, headers=headers)


def paid(shop: Shop, wallet: Extension, devnet: Devnet, intent: dict[str, Any]) -> dict[str, Any]:
    """Pay as the page's module and a wallet do; the intent afterwards."""
    answer = ask(shop, intent["id"], wallet.address).json()
    assert answer["problem"] is None
    told = wallet.sign("leather", {**answer["call"], "address": "", "network": ""})
    txid = told["result"]["txid"]
    fate = f"{shop.url}/pay/{intent['id']}/wallet/0x{txid.upper()}"
    assert shop.http.get(fate).json() == {"fate": "pending"}
    assert devnet.mine()[txid] == "success"
    assert shop.http.get(fate).json() == {"fate": "mined"}
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    return shop.read(intent)


def test_the_contract_is_paid_and_splits_the_fee(
    devnet: Devnet, shop: Shop, wallet: Extension
) -> None:
    after = paid(shop, wallet, devnet, shop.intent(20_000))
    assert wallet.signed[-1].call.function == "pay"
    assert after["platform_fee"]["amount_collected"] == 200
    assert after["amount_received"] == 20_000


def test_terms_are_good_for_one_payment(devnet: Devnet, shop: Shop, wallet: Extension) -> None:
    intent = shop.intent(20_000)
    call = ask(shop, intent["id"], wallet.address).json()["call"]
    params = {**call, "address": "", "network": ""}
    first, second = (wallet.sign("leather", params)["result"]["txid"] for _ in range(2))
    assert devnet.mine() == {first: "success", second: "abort_by_response"}
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)


def test_without_a_contract_the_fee_still_moves_with_the_payment(
    devnet: Devnet, wallet: Extension, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("plain")
    with live_box(devnet, folder, more=fees(devnet)) as box:
        other = live_shop(box, devnet.address("other_merchant"))
        after = paid(other, wallet, devnet, other.intent(30_000))
        assert wallet.signed[-1].call.function == "transfer-many"
        assert after["platform_fee"]["amount_collected"] == 300


def test_only_the_page_itself_may_ask(shop: Shop, wallet: Extension) -> None:
    intent = shop.intent(20_000)
    told = ask(shop, intent["id"], wallet.address, **{"sec-fetch-site": "cross-site"})
    assert (told.status_code, told.json()) == (403, {"call": None, "problem": None})
    assert ask(shop, "pi_nothing", wallet.address).status_code == 404
    for txid in ("12", "g" * 64, "ab" * 33, "..%2f..%2fhealth"):
        answer = shop.http.get(f"{shop.url}/pay/{intent['id']}/wallet/{txid}")
        assert answer.status_code in (400, 404), txid


@pytest.mark.parametrize(
    "address", ["", "undefined", "S", "'; drop table", "<b>", "bc1qexample", "ST" + "1" * 5_000]
)
def test_what_is_no_address_gets_nothing_to_sign(shop: Shop, address: str) -> None:
    answer = ask(shop, shop.intent(20_000)["id"], address)
    assert answer.status_code == 200
    assert answer.json()["call"] is None
    assert answer.json()["problem"].startswith("Your wallet")


def test_a_contract_cannot_be_a_payer(devnet: Devnet, shop: Shop) -> None:
    answer = ask(shop, shop.intent(20_000)["id"], devnet.contracts["pay"])
    assert answer.json()["call"] is None


def test_the_words_are_in_the_payers_language(shop: Shop) -> None:
    intent = shop.intent(20_000)
    answer = ask(shop, intent["id"], "SP000000000000000000002Q6VF78", **{"accept-language": "fr"})
    assert "Passez-le sur testnet" in answer.json()["problem"]
    assert "&" not in answer.json()["problem"]


def test_a_payment_that_is_over_gives_nothing_to_sign(shop: Shop, wallet: Extension) -> None:
    intent = shop.intent(20_000)
    shop.post(f"/v1/payment_intents/{intent['id']}/cancel")
    assert ask(shop, intent["id"], wallet.address).status_code in (400, 409)
    started = shop.post("/v1/payment_intents", {"amount": 20_000, "currency": "btc"})
    assert ask(shop, started["id"], wallet.address).status_code in (400, 409)


def test_in_test_mode_there_is_no_wallet(served: Served, wallet: Extension) -> None:
    sandbox = served.shop()
    assert ask(sandbox, sandbox.intent(20_000)["id"], wallet.address).status_code == 404
