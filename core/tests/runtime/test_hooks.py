"""The facade: who is asked, in which order, for how long, and what a failure means."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from core.tests.application.money_till import NOBODY, PaperChain

from stacktill.domain.confirmations import Confirmations
from stacktill.domain.decisions import Fee
from stacktill.domain.errors import ConfigError, PluginRefused
from stacktill.domain.events import Event
from stacktill.domain.merchants import Merchant
from stacktill.runtime import decisions, hook_calls, hooks
from stacktill.runtime.config import load_settings
from stacktill.runtime.hooks import Hooks, PluginFailed, plugin_commands
from stacktill.runtime.plugin_host import load_plugins
from stacktill.testing import FakeClock
from stacktill.testing.context import CountingIds

HEAD = """
import asyncio, time
from stacktill.domain.confirmations import Confirmations
from stacktill.domain.decisions import Fee, Refusal
from stacktill.plugin import CacheBackend, ChainBackend, PluginInfo, hookimpl

@hookimpl
def stacktill_plugin():
    return PluginInfo(summary="A plugin of a test.")

SEEN = []
"""
MERCHANT = Merchant(id="acct_1", created=1, name="Shop")
EVENT = Event(
    id="evt_1",
    merchant_id="acct_1",
    livemode=False,
    created=1,
    type="payment_intent.succeeded",
    object_id="pi_1",
    data="{}",
)


def started(folder: Path, **files: str) -> Hooks:
    """Return the hooks of the default plugins and of files made of the given bodies."""
    (folder / "dropped").mkdir()
    for name, body in files.items():
        (folder / "dropped" / f"{name}.py").write_text(f"{HEAD}\n{body}\n")
    settings = load_settings(None, {"STACKTILL__SERVER__PLUGINS_DIR": str(folder / "dropped")})
    host = load_plugins(settings)
    return Hooks(host, data_dir=folder, clock=FakeClock(), ids=CountingIds())


def seen(asked: Hooks, plugin: str) -> list[object]:
    """Return what a plugin has noted."""
    noted: list[object] = asked.host.plugins[plugin].implementation.SEEN
    return noted


def review(answer: str) -> str:
    """Return a decision hook that notes its call and evaluates an expression."""
    return (
        "@hookimpl\ndef stacktill_review_merchant(draft, context):\n"
        f"    SEEN.append((draft.id, context.name))\n    return {answer}"
    )


def test_without_deciding_plugins_nothing_is_asked(tmp_path: Path) -> None:
    asked = started(tmp_path)
    assert not asked.reviews_merchants
    assert not asked.reviews_payment_intents
    assert not asked.reviews_refunds
    assert not asked.decides_confirmations
    assert not asked.decides_fees
    assert asked.event_subscribers() == {}
    assert asked.backends.storage.plugin == "storage_sqlite"
    assert not asked.backends.live
    assert asked.backends.cache is None


async def test_any_refusal_wins_and_is_told_to_the_caller(tmp_path: Path) -> None:
    asked = started(
        tmp_path, a=review("None"), b=review("Refusal('Not here.', 'country')"), c=review("None")
    )
    assert asked.reviews_merchants
    with pytest.raises(PluginRefused) as refused:
        await asked.review_merchant(MERCHANT)
    assert (refused.value.message, refused.value.code) == ("Not here.", "country")
    assert seen(asked, "a") == [("acct_1", "a")]
    assert seen(asked, "c") == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("True", "a bool that cannot be used"),
        ("Refusal(5)", "a Refusal that cannot be used"),
        ("next(iter([]))", "RuntimeError: StopIteration: "),
        ("exit(3)", "RuntimeError: SystemExit: 3"),
    ],
)
async def test_a_failing_decision_fails_closed(
    tmp_path: Path, answer: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = started(tmp_path, a=review(answer))
    with pytest.raises(PluginRefused) as refused:
        await asked.review_merchant(MERCHANT)
    assert refused.value.code == "plugin_failed"
    assert "could not be made" in refused.value.message
    (entry,) = caplog.records
    assert entry.message == "plugin.decision_failed"
    assert (vars(entry)["plugin"], vars(entry)["reason"]) == ("a", reason)


async def test_a_hanging_decision_stops_neither_the_loop_nor_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "DECISION_SECONDS", 0.3)
    asked = started(tmp_path, a=review("time.sleep(1.5)"))
    turns = 0

    async def turning() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    other = asyncio.create_task(turning())
    began = time.monotonic()
    answers = await asyncio.gather(
        *(asked.review_merchant(MERCHANT) for _ in range(8)), return_exceptions=True
    )
    other.cancel()
    assert time.monotonic() - began < 1.2
    assert all(isinstance(answer, PluginRefused) for answer in answers)
    assert turns > 5


async def test_the_first_answer_wins_and_must_be_sound(tmp_path: Path) -> None:
    body = "@hookimpl\ndef stacktill_confirmations_required(intent):\n    return "
    fee = "\n@hookimpl\ndef stacktill_platform_fee(merchant):\n    return Fee(intent_fee, 'ST-1')"
    asked = started(
        tmp_path,
        a=f"{body}None",
        b=f"{body}Confirmations('bitcoin', 3)\nintent_fee = 7\n{fee}",
        c=f"{body}1 / 0",
    )
    intent = _Intent()
    depth = await asked.confirmations_required(intent, MERCHANT)  # type: ignore[arg-type]
    assert depth == Confirmations("bitcoin", 3)
    chain = PaperChain("paper", FakeClock())
    fee_of = partial(asked.platform_fee, intent, MERCHANT, chain=chain)  # type: ignore[arg-type]
    assert await fee_of() == Fee(7, "ST-1")
    intent.amount_sats = 7
    with pytest.raises(PluginRefused):
        await fee_of()


@pytest.mark.parametrize("recipient", ["SP-1", "ST-dao.vault", NOBODY])
async def test_a_fee_is_paid_to_nobody_who_cannot_have_it(
    tmp_path: Path, recipient: str, caplog: pytest.LogCaptureFixture
) -> None:
    fee = f"@hookimpl\ndef stacktill_platform_fee():\n    return Fee(1, '{recipient}')"
    chain, intent = PaperChain("paper", FakeClock()), _Intent()
    with pytest.raises(PluginRefused):
        await started(tmp_path, a=fee).platform_fee(intent, MERCHANT, chain=chain)  # type: ignore[arg-type]
    (told,) = [one for one in caplog.records if one.message == "plugin.decision_failed"]
    assert vars(told)["reason"].startswith("recipient: ")


class _Intent:
    """As much of an intent as the facade itself looks at."""

    amount_sats = 100


async def test_events_reach_the_hooks_of_their_type(tmp_path: Path) -> None:
    asked = started(
        tmp_path,
        both="@hookimpl\nasync def stacktill_event(event, context):\n"
        "    SEEN.append((event.id, context.name))\n"
        "@hookimpl\nasync def stacktill_payment_intent_succeeded(context):\n"
        "    SEEN.append(context.config)\n",
        one="@hookimpl\nasync def stacktill_payment_intent_canceled(event):\n    SEEN.append(1)",
    )
    assert asked.event_subscribers() == {
        "both": frozenset({"*", "payment_intent.succeeded"}),
        "one": frozenset({"payment_intent.canceled"}),
    }
    await asked.deliver("both", EVENT)
    assert seen(asked, "both") == [("evt_1", "both"), asked.host.plugins["both"].config]
    await asked.deliver("both", replace(EVENT, type="customer.created"))
    assert len(seen(asked, "both")) == 3
    assert asked.context("both") is asked.context("both")


async def test_a_failing_event_hook_is_named_and_limited_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "EVENT_SECONDS", 0.1)
    hook = "@hookimpl\nasync def stacktill_event(event):\n    "
    asked = started(tmp_path, slow=f"{hook}await asyncio.sleep(9)", bad=f"{hook}raise OSError('x')")
    with pytest.raises(PluginFailed, match=r"^slow: not done within 0.1 s$"):
        await asked.deliver("slow", EVENT)
    with pytest.raises(PluginFailed, match=r"^bad: OSError: x$"):
        await asked.deliver("bad", EVENT)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (
            "@hookimpl\ndef stacktill_chain():\n    return ChainBackend(livemode=False, open=None)",
            (
                "[plugins.chain_sandbox], [plugins.extra]: each offers a chain for test mode; "
                "keep one of them"
            ),
        ),
        (
            "@hookimpl\ndef stacktill_cache():\n    return {}",
            "[plugins.extra]: stacktill_cache() must answer a CacheBackend, not dict",
        ),
        (
            "@hookimpl\ndef stacktill_storage():\n    return 1 / 0",
            "[plugins.extra]: stacktill_storage() failed: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_offers_that_do_not_fit_stop_the_start(tmp_path: Path, body: str, fault: str) -> None:
    with pytest.raises(ConfigError) as refused:
        started(tmp_path, extra=body)
    assert refused.value.message == fault


def test_a_box_needs_a_storage_and_a_chain(tmp_path: Path) -> None:
    environ = {
        "STACKTILL__PLUGINS__STORAGE_SQLITE": "false",
        "STACKTILL__PLUGINS__CHAIN_SANDBOX": "false",
    }
    host = load_plugins(load_settings(None, environ))
    with pytest.raises(ConfigError) as refused:
        Hooks(host, data_dir=tmp_path, clock=FakeClock(), ids=CountingIds())
    assert refused.value.message == (
        "No plugin offers a storage; add the [plugins.…] table of one that does.\n"
        "No plugin offers a chain for test mode; add the [plugins.…] table of one that does."
    )


def test_a_live_chain_is_told_to_every_plugin(tmp_path: Path) -> None:
    body = "@hookimpl\ndef stacktill_chain():\n    return ChainBackend(livemode=True, open=None)"
    asked = started(tmp_path, chain_real=body)
    assert asked.backends.chains[True].plugin == "chain_real"
    assert asked.context("notify_webhook").live


def test_routes_and_commands_are_lists(tmp_path: Path) -> None:
    asked = started(
        tmp_path,
        good="@hookimpl\ndef stacktill_routes(context):\n    return [context.name]\n"
        "@hookimpl\ndef stacktill_commands(context):\n    return [context.data_dir.name]",
        bad="@hookimpl\ndef stacktill_commands():\n    return 'c'",
    )
    assert str(asked.routes()) == "{'good': ['good']}"
    with pytest.raises(ConfigError, match=r"\[plugins.bad\]: stacktill_commands\(\) failed"):
        plugin_commands(asked.host, data_dir=tmp_path, clock=FakeClock(), ids=CountingIds())


async def test_calls_can_be_traced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = started(tmp_path, a=review("None"))
    monkeypatch.setattr(hook_calls, "_is_traced", True)
    with caplog.at_level(logging.INFO):
        await asked.review_merchant(MERCHANT)
    (entry,) = [one for one in caplog.records if one.message == "plugin.hook_called"]
    assert vars(entry)["plugin"] == "a"
    assert vars(entry)["hook"] == "stacktill_review_merchant"
    assert vars(entry)["duration_ms"] >= 0
