"""Real Clarity that is made to stop a till: megabytes of prints, thousands of events, prints like no memo."""

from __future__ import annotations

import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, Wallet

from stacktill.plugin import Chain, PartlyUnread
from stacktill_chain_stacks.client.api import MOST_EVENTS
from stacktill_chain_stacks.wire.payloads import Call, Deploy
from stacktill_chain_stacks.wire.post_conditions import Mode
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("devnet")

MEMO = b"st" + b"m" * 32
DOUBLINGS = 14
CROWD = 8_192
DOUBLED = "\n".join(
    f"(b{number} (concat b{number - 1} b{number - 1}))" for number in range(1, DOUBLINGS + 1)
)
LETTERS = DOUBLED.split("(b9 ")[0]
SHOUTS = f"""
(define-fungible-token odd)
(define-private (one (letter (buff 1))) (print letter))
(define-public (shout)
  (let ((b0 0x{"61" * 32}) {DOUBLED})
    {f"(print b{DOUBLINGS}) " * 9}
    (ok true)))
(define-public (crowd)
  (let ((b0 0x{"61" * 32}) {LETTERS})
    (ok (len (map one b8)))))
(define-public (strange (to principal))
  (begin
    (try! (ft-mint? odd u10 tx-sender))
    (try! (ft-transfer? odd u1 tx-sender to))
    (print u"\\u{{1F600}}")
    (try! (ft-transfer? odd u1 tx-sender to))
    (print (list (some (some (some (err (ok none)))))))
    (try! (ft-transfer? odd u1 tx-sender to))
    (print 'SP000000000000000000002Q6VF78.pox-4)
    (try! (ft-transfer? odd u1 tx-sender to))
    (ok (print {{ topic: "paid", id: 0x00 }}))))
"""


@pytest.fixture
async def shouts(devnet: Devnet, wallet: Wallet) -> Principal:
    name = f"shouts-{devnet.tip_time()}"
    deployed = await wallet.send("carol", Deploy(name, SHOUTS, 4), fee_ustx=50_000)
    assert devnet.mine() == {deployed: "success"}
    return Principal.parse(f"{devnet.address('carol')}.{name}")


async def test_prints_of_any_kind_and_size_hide_no_payment(
    devnet: Devnet, chain: Chain, wallet: Wallet, shouts: Principal
) -> None:
    merchant = Principal.parse(devnet.address("merchant"))
    await wallet.send("carol", Call(shouts, "shout"))
    await wallet.pay("alice", str(merchant), 777, MEMO)
    await wallet.send("bob", Call(shouts, "strange", (merchant,)), mode=Mode.ALLOW)
    assert set(devnet.mine().values()) == {"success"}
    found = await chain.transfers(await chain.tip())
    paid = [(one.amount, one.memo) for one in found if one.asset == chain.sbtc_asset]
    odd = [(one.amount, one.memo) for one in found if one.asset == f"{shouts}::odd"]
    assert paid == [(777, MEMO)]
    assert odd == [(10, None), *[(1, None)] * 4]


async def test_a_crowd_of_events_hides_no_other_payment(
    devnet: Devnet, chain: Chain, wallet: Wallet, shouts: Principal
) -> None:
    crowd = await wallet.send("carol", Call(shouts, "crowd"))
    await wallet.pay("alice", devnet.address("merchant"), 777, MEMO)
    assert set(devnet.mine().values()) == {"success"}
    assert CROWD > MOST_EVENTS
    with pytest.raises(PartlyUnread) as told:
        await chain.transfers(await chain.tip())
    assert [(one.amount, one.memo) for one in told.value.transfers] == [(777, MEMO)]
    assert told.value.unread == (crowd,)
