"""A tip jar for stacktill: counts tips, keeps them small, and shows the jar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from stacktill.domain.decisions import Refusal
from stacktill.domain.events import Event
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin import PluginConfig, PluginContext, PluginInfo, hookimpl


class TipJarConfig(PluginConfig, frozen=True):
    """What ``[plugins.tip_jar]`` may say."""

    max_tip_sats: Annotated[int, Meta(ge=1, description="The most that a tip may be.")] = 100_000
    thanks: Annotated[str, Meta(description="What the jar says.")] = "Thank you!"


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(summary="Counts tips, and keeps them small.", config=TipJarConfig)


@hookimpl
def stacktill_review_payment_intent(draft: PaymentIntent, context: PluginContext) -> Refusal | None:
    """Refuse a tip that is too generous."""
    most: int = context.config.max_tip_sats
    if draft.metadata.get("tip") != "yes" or draft.amount_sats <= most:
        return None
    return Refusal(f"A tip may be at most {most} sats.", code="tip_too_large")


@hookimpl
async def stacktill_payment_intent_succeeded(event: Event, context: PluginContext) -> None:
    """Put a tip into the jar; the same event twice is one tip."""
    intent = json.loads(event.data)["object"]
    if intent["metadata"].get("tip") == "yes":
        jar = _read(context.data_dir)
        jar[event.id] = intent["amount_received"]
        path = context.data_dir / "tip_jar.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(jar))
        draft.replace(path)


@hookimpl
def stacktill_routes(context: PluginContext) -> list[HTTPRouteHandler]:
    """Show the jar."""

    @get("/", sync_to_thread=False)
    def jar() -> dict[str, Any]:
        tips = _read(context.data_dir)
        return {"tips": len(tips), "sats": sum(tips.values()), "says": context.config.thanks}

    return [jar]


def _read(data_dir: Path) -> dict[str, int]:
    path = data_dir / "tip_jar.json"
    found: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return found
