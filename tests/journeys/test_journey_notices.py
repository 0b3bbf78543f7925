"""Journeys of notices: a thief changes where a store is paid, and its merchant reads of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from plugins.chain_stacks.tests.devnet_kit import started_devnet
from plugins.notify_email.tests.mail_kit import Letter
from tests.contract import check_answer
from tests.letters import PostOffice
from tests.live import live_box, live_shop
from tests.served import Served, Shop, until

from stacktill_chain_stacks.wire.messages import as_structured, sign_message, sign_structured

URL = "/v1/settlement_addresses"
WALLET = "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"
DAY = 24 * 3600


@pytest.fixture(scope="module")
def post() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="module")
def sender(post: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that sends notices."""
    folder = tmp_path_factory.mktemp("notices") / "data"
    with Served.running(folder, **post.settings) as appliance:
        appliance.http.event_hooks = {"response": [check_answer]}
        yield appliance


@pytest.fixture
def owner(sender: Served) -> tuple[Shop, str]:
    """A store, and the e-mail address of whoever runs it."""
    shop = sender.shop()
    return shop, shop.get("/v1/account")["email"]


def scheduled(shop: Shop, address: str = WALLET) -> dict[str, Any]:
    """A change that its new wallet has signed, and nobody else."""
    change = shop.post(URL, {"address": address})
    signed = shop.sandbox("sign_message", address=address, message=change["message"])
    return shop.post(f"{URL}/{change['id']}/confirm", {"signature": signed["signature"]})


def plain(letter: Letter) -> str:
    part = letter.message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def test_an_announced_change_is_read_of_three_times(
    post: PostOffice, owner: tuple[Shop, str]
) -> None:
    shop, email = owner
    change = scheduled(shop)
    (first,) = post.letters_to(email, count=1)
    assert first.message["Subject"].endswith("The address you are paid at will change")
    assert first.message["Subject"].startswith("Test: ")
    assert str(first.message["From"]) == "stacktill <receipts@pay.example>"
    for words in (change["id"], WALLET, change["replaces"], shop.id):
        assert words in plain(first)
    shop.sandbox("advance", seconds=2 * DAY + 60)
    second = post.letters_to(email, count=2)[1]
    assert second.message["Subject"].endswith("The address you are paid at changes soon")
    shop.sandbox("advance", seconds=DAY)
    third = post.letters_to(email, count=3)[2]
    assert third.message["Subject"].endswith("The address you are paid at has changed")
    assert "nobody canceled it" in plain(third)
    assert shop.types(change["id"]) == [
        "settlement_address.scheduled",
        "settlement_address.will_activate",
        "settlement_address.activated",
    ]


def test_what_the_letter_says_stops_the_thief(
    post: PostOffice, sender: Served, owner: tuple[Shop, str]
) -> None:
    shop, email = owner
    scheduled(shop, "ST26FVX16539KKXZKJN098Q08HRX3XBAP541MFS0P")
    (letter,) = post.letters_to(email, count=1)
    found = re.search(r"stacktill (merchant address cancel sa_\w+ --merchant \w+)", plain(letter))
    assert found is not None
    sender.run(*found[1].split())
    told = post.letters_to(email, count=2)[1]
    assert told.message["Subject"].endswith("is canceled")
    shop.sandbox("advance", seconds=4 * DAY)
    account = shop.get("/v1/account")
    assert account["settlement_addresses"]["test"] != "ST26FVX16539KKXZKJN098Q08HRX3XBAP541MFS0P"


def test_a_thief_who_takes_the_mail_first(post: PostOffice, owner: tuple[Shop, str]) -> None:
    shop, email = owner
    shop.post("/v1/account", {"email": "thief@example.com", "settings[dashboard][locale]": "ja"})
    (news,) = post.letters_to(email, count=1)
    assert "In English: Notices go to another e-mail address now" in plain(news)
    assert "thief@example.com" in plain(news)
    assert not [one for one in post.box.letters if one.recipients == ["thief@example.com"]]
    change = scheduled(shop, "STB44HYPYAT2BB2QE513NSP81HTMYWBJP02HPGK6")
    told = post.letters_to(email, count=2)[1]
    assert change["id"] in plain(told)
    (theirs,) = post.letters_to("thief@example.com", count=1)
    assert theirs.message["Message-ID"] != told.message["Message-ID"]


def test_a_mail_server_that_is_away_for_a_while(post: PostOffice, owner: tuple[Shop, str]) -> None:
    shop, email = owner
    post.box.answers["DATA"] = "451 later"
    try:
        scheduled(shop, "ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND")
        post.letters_to(email, count=2)
    finally:
        post.box.answers.clear()
    letters = until(lambda: _settled(post, email), seconds=30)
    assert len(letters) >= 3
    assert len({one.message["Message-ID"] for one in letters}) == 1


def _settled(post: PostOffice, email: str) -> list[Letter]:
    """What came to an address, once nothing more comes."""
    before = len(post.box.letters)
    time.sleep(1.0)
    found = [one for one in post.box.letters if one.recipients == [email]]
    return found if len(post.box.letters) == before else []


def test_a_kill_between_the_servers_yes_and_our_note_sends_the_same_message_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("killed") / "data"
    with PostOffice() as post:
        mortal = Served(folder, **post.settings, STACKTILL_CRASH_AT="deliver.after_attempt")
        mortal.start()
        shop = mortal.shop()
        email = shop.get("/v1/account")["email"]
        # The answer may be lost with the process.
        with suppress(httpx.TransportError):
            scheduled(shop)
        post.letters_to(email, count=1)
        mortal.kill()
        mortal.http.close()
        with Served.running(folder, **post.settings):
            first, second = post.letters_to(email, count=2)
            assert first.message["Message-ID"] == second.message["Message-ID"]
            time.sleep(0.5)
            assert len(post.box.letters) == 2


@pytest.mark.xdist_group("devnet")
def test_real_wallets_and_real_money(
    post: PostOffice, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A thief with a live key is overtaken by the wallet in force, and each move is read of."""
    with (
        started_devnet() as devnet,
        live_box(devnet, tmp_path_factory.mktemp("live"), more=table(post)) as box,
    ):
        devnet.mine(1)
        shop = live_shop(box, devnet.address("merchant"))
        stolen = shop.post(URL, {"address": devnet.address("bob")})
        proof = sign_message(devnet.key("bob"), stolen["message"]).hex()
        shop.post(f"{URL}/{stolen['id']}/confirm", {"signature": proof})
        (first,) = post.letters_to("live@example.com", count=1)
        assert not first.message["Subject"].startswith("Test: ")
        assert f"cancel {stolen['id']} --merchant {shop.id} --live" in plain(first)
        change = shop.post(URL, {"address": devnet.address("alice")})
        # The one wallet signs text, the other structured data only.
        data = as_structured(change["message"], chain_id=0x8000_0000)
        signatures = {
            "signature": sign_message(devnet.key("alice"), change["message"]).hex(),
            "current_signature": sign_structured(devnet.key("merchant"), *data).hex(),
        }
        done = shop.post(f"{URL}/{change['id']}/confirm", signatures)
        assert (done["status"], done["authority"]) == ("active", "current_wallet")
        titles = {
            one.message["Subject"].partition(": ")[2]
            for one in post.letters_to("live@example.com", count=3)[1:]
        }
        assert titles == {
            "The change of the address you are paid at is canceled",
            "The address you are paid at has changed",
        }
        assert "notices.nobody_told" not in [line["event"] for line in box.said]


@pytest.mark.xdist_group("devnet")
def test_a_live_box_without_a_mail_server_says_at_its_start_that_nobody_is_told(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with started_devnet() as devnet, live_box(devnet, tmp_path_factory.mktemp("deaf")) as box:
        assert "notices.nobody_told" in [line["event"] for line in box.said]


def table(post: PostOffice) -> str:
    """The table of a mail server, for live mode."""
    return (
        f'[plugins.notify_email]\nhost = "127.0.0.1"\nport = {post.box.port}\nsecurity = "none"\n'
        'from_address = "receipts@pay.example"\n'
    )


def test_a_box_without_a_mail_server_says_that_nobody_is_told(served: Served) -> None:
    report = served.http.get(f"{served.url}/health/ready")
    assert report.status_code == 200
    part = report.json()["parts"]["notices"]
    assert part["ok"] is True
    assert "no plugin sends notices" in part["detail"]
