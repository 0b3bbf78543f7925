"""A key is looked up again as soon as anything about it may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.application.keys import authenticate, revoke_key
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.recent_keys import REMEMBERED_KEYS, REMEMBERED_SECONDS, Owner, RecentKeys
from stacktill.web.shell.keys import digest_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


async def look_up(till: Till, recent: RecentKeys) -> Owner:
    return await till.appliance.storage.read(recent.look_up, till.key, till.now)


async def test_a_key_is_remembered_for_an_instant(till: Till) -> None:
    recent = RecentKeys()
    assert recent.owner(digest_of(till.key), till.now) is None
    owner = await look_up(till, recent)
    assert recent.owner(digest_of(till.key), till.now) == owner
    assert owner.merchant.id == till.caller.merchant_id
    await asyncio.sleep(REMEMBERED_SECONDS * 2)
    assert recent.owner(digest_of(till.key), till.now) is None


async def test_forgetting_and_expiring_end_it_at_once(till: Till) -> None:
    recent = RecentKeys()
    key = (await look_up(till, recent)).key
    recent.forget()
    assert recent.owner(digest_of(till.key), till.now) is None
    await look_up(till, recent)
    assert key.usable(till.now)
    other = await till.post("/v1/api_keys", kind="secret")
    rolled = await till.post(f"/v1/api_keys/{other['id']}/roll", overlap_seconds=100)
    assert rolled["key"] != other["key"]
    await till.appliance.storage.read(recent.look_up, other["key"], till.now)
    assert recent.owner(digest_of(other["key"]), till.now) is not None
    assert recent.owner(digest_of(other["key"]), till.now + 1_000) is None


async def test_what_is_remembered_is_bounded(till: Till) -> None:
    recent = RecentKeys()

    def fill(uow: UnitOfWork) -> None:
        key, merchant = authenticate(uow, till.key, till.now)
        for number in range(REMEMBERED_KEYS):
            recent._owners[b"%d" % number] = (0.0, Owner(key, merchant))

    await till.appliance.storage.read(fill)
    await look_up(till, recent)
    assert len(recent._owners) == 1


async def test_what_was_looked_up_before_a_change_is_not_remembered_after_it(till: Till) -> None:
    recent = RecentKeys()

    class Slow:
        """A reading that is overtaken by a change."""

        def __init__(self, uow: UnitOfWork) -> None:
            self.api_keys = uow.api_keys
            self._uow = uow

        @property
        def merchants(self) -> Any:
            recent.forget()
            return self._uow.merchants

    await till.appliance.storage.read(
        lambda uow: recent.look_up(cast(UnitOfWork, Slow(uow)), till.key, till.now)
    )
    assert recent.owner(digest_of(till.key), till.now) is None


async def test_a_key_revoked_over_http_opens_nothing_from_then_on(till: Till) -> None:
    for _ in range(5):
        made = await till.post("/v1/api_keys", kind="secret")
        auth = {"Authorization": f"Bearer {made['key']}"}
        assert (await till.http.get("/v1/balance", headers=auth)).status_code == 200
        await till.post(f"/v1/api_keys/{made['id']}/revoke")
        assert (await till.http.get("/v1/balance", headers=auth)).status_code == 401


async def test_a_key_revoked_elsewhere_opens_nothing_after_an_instant(till: Till) -> None:
    made = await till.post("/v1/api_keys", kind="secret")
    auth = {"Authorization": f"Bearer {made['key']}"}
    assert (await till.http.get("/v1/balance", headers=auth)).status_code == 200
    await till.write(revoke_key, till.services, made["id"])
    await asyncio.sleep(REMEMBERED_SECONDS * 1.5)
    assert (await till.http.get("/v1/balance", headers=auth)).status_code == 401
