"""Connections: names that nobody answers for, and addresses that are dead."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest
from plugins.notify_email.tests.mail_kit import Letterbox

from stacktill_notify_email.connections import Address, Connections, Lookup


def answering(*addresses: Address) -> Lookup:
    def lookup(host: str, port: int) -> list[Address]:
        return list(addresses)

    return lookup


async def test_a_name_is_looked_up_and_reached(letterbox: Letterbox) -> None:
    connection = await Connections("localhost", letterbox.port).open(5)
    with connection:
        assert connection.getpeername()[1] == letterbox.port


async def test_a_dead_address_is_passed_over(letterbox: Letterbox) -> None:
    alive: Address = (socket.AF_INET, ("127.0.0.1", letterbox.port))
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        dead: Address = (socket.AF_INET, unheard.getsockname())
        connection = await Connections("mail", 1, lookup=answering(dead, dead, alive)).open(5)
        with connection:
            assert connection.getpeername() == alive[1]
        with pytest.raises(OSError, match="Connect call failed"):
            await Connections("mail", 1, lookup=answering(dead)).open(5)
    with pytest.raises(OSError, match="no address"):
        await Connections("mail", 1, lookup=answering()).open(5)


async def test_a_name_that_is_none_is_a_failure_like_any_other() -> None:
    def failing(error: Exception) -> Lookup:
        def lookup(host: str, port: int) -> list[Address]:
            raise error

        return lookup

    for error in (socket.gaierror(-2, "Name or service not known"), UnicodeError("label")):
        with pytest.raises(OSError, match=r"[nN]ame"):
            await Connections("mail", 1, lookup=failing(error)).open(5)


async def test_a_name_server_that_hangs_takes_one_thread_and_ends_nothing() -> None:
    """Many attempts wait for one lookup, give up at their deadline, and the next one asks anew."""
    go = threading.Event()
    asked = 0

    def hanging(host: str, port: int) -> list[Address]:
        nonlocal asked
        asked += 1
        go.wait(30)
        raise OSError("too late")

    connections = Connections("mail", 1, lookup=hanging)

    async def attempt() -> None:
        async with asyncio.timeout(0.2):
            await connections.open(5)

    began = time.monotonic()
    found = await asyncio.gather(*(attempt() for _ in range(20)), return_exceptions=True)
    assert time.monotonic() - began < 2
    assert all(isinstance(one, TimeoutError) for one in found)
    assert asked == 1
    assert [one.name for one in threading.enumerate()].count("email-lookup") == 1
    # Somebody else's work in the shared executor goes on.
    assert await asyncio.to_thread(lambda: 42) == 42
    go.set()
    with pytest.raises((OSError, TimeoutError)):
        await attempt()
