"""The settings of the Stacks chain: what cannot work is refused where it is written."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from plugins.chain_stacks.tests.fake_api import FakeChain, served_api

from stacktill.testing import plugin_context
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.opening import open_stacks

ACCOUNT = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
OF_TESTNET = "ST1F7QA2MDF17S807EPA36TSS8AMEFY4KA9TVGWXT.sbtc-token"
KEY = "11" * 32
HIRO = "https://api.hiro.so"

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"apis": ()}, "apis must hold at least one"),
    ({"apis": ("api.hiro.so",)}, "apis must hold addresses that begin with https://"),
    ({"apis": ("https://",)}, "apis must hold addresses"),
    ({"apis": (f"{HIRO}:99999",)}, "apis must hold addresses"),
    ({"apis": (HIRO, HIRO), "agreement": 2}, "agrees with itself"),
    ({"apis": (HIRO, f"{HIRO}/"), "agreement": 2}, "agrees with itself"),
    ({"apis": (HIRO, "https://API.hiro.so:443"), "agreement": 2}, "agrees with itself"),
    ({"apis": (HIRO,), "agreement": 2}, "agreement asks 2 of 1"),
    ({"node": "127.0.0.1:20443"}, "node must hold addresses"),
    ({"sbtc_contract": "nonsense"}, "sbtc_contract: an address begins with S"),
    ({"sbtc_contract": ACCOUNT}, "sbtc_contract must name a contract"),
    ({"sbtc_contract": OF_TESTNET}, "sbtc_contract is a contract of testnet"),
    ({"pay_contract": OF_TESTNET}, "pay_contract is a contract of testnet"),
    ({"payment_modes": ()}, "payment_modes must name"),
    ({"payment_modes": ("pay",)}, "needs pay_contract and signing_key"),
    ({"signing_key": "abc"}, "signing_key must be 64 hex digits"),
    ({"observer": "127.0.0.1:3700"}, "observer needs an observer_token"),
    (
        {"observer": "3700", "observer_token": "a-long-random-word"},
        "observer must be an address and a port",
    ),
    ({"observer_source": True}, "observer_source needs observer and node"),
]


@pytest.mark.parametrize(("settings", "complaint"), WRONG)
def test_what_cannot_work_is_refused_by_name(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        StacksConfig(**settings)


def test_hosts_and_contracts_that_differ_are_taken() -> None:
    StacksConfig(apis=(HIRO, "https://stacks.example.com", "http://127.0.0.1:3999"), agreement=3)
    # A local chain is a testnet that has mainnet's contracts.
    StacksConfig(network="testnet", sbtc_contract=f"{ACCOUNT}.sbtc-token")


@pytest.mark.parametrize(
    ("settings", "warned"),
    [({}, True), ({"api_key": KEY}, False), ({"requests_per_minute": 0}, False)],
)
async def test_a_till_without_an_api_key_warns_at_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: dict[str, Any], warned: bool
) -> None:
    async with served_api(FakeChain()) as api:
        context = plugin_context(
            "chain_stacks", StacksConfig(apis=(api.url,), **settings), tmp_path
        )
        with caplog.at_level(logging.WARNING):
            async with open_stacks(context):
                pass
    assert ("chain.api_key_missing" in caplog.text) is warned
