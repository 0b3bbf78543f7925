"""Wallet extensions for tests: their objects are in the page, their keys and their signatures here.

Each is as strict about what it is asked as the wallet it stands for, signs with the plugin's own wire
module and sends to the local chain, and can be told to refuse, to be odd, to be silent or to lie.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Page, expect
from plugins.chain_stacks.tests.devnet_kit import FEE_USTX, Devnet, opened_wallet
from tests.browser.payers import Payer
from tests.served import Shop

from stacktill_chain_stacks.client.rejections import TransactionRejected
from stacktill_chain_stacks.wire.clarity import UInt
from stacktill_chain_stacks.wire.conditions import OneKey
from stacktill_chain_stacks.wire.decoding import decode_value
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import (
    Mode,
    PostCondition,
    TokenCondition,
    read_post_condition,
)
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.reader import Reader
from stacktill_chain_stacks.wire.signing import UNNAMED_SPONSOR, sign_as_origin
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)

__all__ = [
    "FAILURES",
    "LABELS",
    "REJECTIONS",
    "SENT",
    "Extension",
    "Signed",
    "bound",
    "is_paid",
    "said",
    "start",
    "without_stx",
]

SCRIPT = Path(__file__).with_name("fake_wallets.js").read_text(encoding="utf-8")
HEX = re.compile(r"(?:[0-9a-f]{2})+")
SENT = "Your wallet has sent it. Waiting for the network"
LABELS = {
    "leather": "Pay with Leather",
    "xverse": "Pay with Xverse",
    "fordefi": "Pay with Fordefi",
    "asigna": "Pay with Asigna",
    "acme": "Pay with Acme <b>Wallet</b> with a name t",
}
REJECTIONS: dict[str, dict[str, Any]] = {
    "leather": {"code": 4001, "message": "User rejected the Stacks transaction signing request"},
    "xverse": {"code": -32000, "message": "User rejected request"},
    "fordefi": {"code": -32000, "message": "declined"},
    "asigna": {"code": None, "message": "Popup was closed"},
    "acme": {"code": -31001, "message": ""},
}
FAILURES: list[tuple[Any, str]] = [
    ({"code": -32002, "message": "Wallet is locked"}, "Your wallet is locked. Unlock it"),
    ({"code": -32603, "message": "Ledger is asleep"}, "Your wallet says: Ledger is asleep"),
    ({"code": -32603, "message": "<img src=x onerror=alert(1)>"}, "says: <img src=x"),
    ({"code": -32601, "message": "Method not found"}, "This wallet cannot do that."),
    ({"code": -32603, "message": "transaction rejected: BadNonce"}, "says: transaction rejected"),
    ({"code": 1}, "This did not work. Nothing was signed"),
    ("nonsense {words}", "Your wallet says: nonsense {words}"),
]
UNKNOWN_METHOD = {"error": {"code": -32601, "message": "Method not found"}}
ADDRESS_WAYS = {
    "leather": ("getAddresses",),
    "xverse": ("wallet_connect", "stx_getAccounts"),
    "fordefi": ("stx_getAccounts",),
    "asigna": ("stx_getAddresses",),
    "acme": ("getAddresses",),
}
KNOW_SPONSORS = ("leather", "asigna")
"""Those that make a sponsored transaction of a call; the others sign one that is made."""

Answer = dict[str, Any]
Done = TypeVar("Done")


@dataclass(frozen=True)
class Signed:
    """What a wallet was asked to sign, and sent."""

    kind: str
    call: Call
    bounds: tuple[PostCondition, ...]
    txid: str


@dataclass
class Extension:
    """One payer's wallet. ``answers`` replaces what it says to a method; ``drops_bounds`` is an old build.

    ``signs_sats`` is what it takes for the amount of a payment that is to be sponsored, ``later_ms`` how long
    its payer thinks before that is signed.
    """

    devnet: Devnet
    key: PrivateKey
    mainnet: bool = False
    drops_bounds: bool = False
    signs_sats: int | None = None
    later_ms: int = 0
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The address that it shows to pages."""
        return str(self.key.principal(mainnet=self.mainnet))

    def into(self, page: Page | BrowserContext, *kinds: str) -> None:
        """Install it in a page, or in a whole browser, as the extensions of these kinds."""
        listed = ", ".join(f'"{kind}"' for kind in kinds)
        page.expose_function("toldWallet", self.told)
        page.add_init_script(SCRIPT.replace("/*PRESENT*/[]", f"[{listed}]"))

    def told(self, kind: str, method: str, params: Any) -> Answer:
        """What it answers to a page."""
        self.asked.append(method)
        if method in self.answers:
            return self.answers[method]()
        if method == "stx_callContract":
            return self.sign(kind, params)
        if method == "stx_signTransaction":
            return self.sign_draft(kind, params)
        if method in ADDRESS_WAYS[kind]:
            if method == "stx_getAccounts" and params is not None:
                return {"error": {"code": -32602, "message": "Invalid parameters"}}
            return {"result": self._addresses(kind, method, params)}
        return UNKNOWN_METHOD

    def sign(self, kind: str, params: Mapping[str, Any]) -> Answer:
        """Sign and send, as the payer who confirms."""
        fault = _fault(kind, params)
        if fault is not None:
            return {"error": {"code": -32602, "message": fault}}
        call, bounds = _read(params)
        if params.get("sponsored"):
            nonce = self._aside(self._nonce())
            made = Transaction(
                payload=call,
                origin=OneKey(self.key.principal(mainnet=False).hash160, nonce, 0),
                sponsor=UNNAMED_SPONSOR,
                chain_id=0x80000000,
                is_mainnet=False,
                post_conditions=bounds,
            )
            return {"result": _handed_back(kind, self._signed(made)), "later": self.later_ms}
        try:
            txid = self._aside(self._sent(call, bounds))
        except TransactionRejected as rejected:
            return {"error": {"code": -32603, "message": rejected.message}}
        self.signed.append(Signed(kind, call, bounds, txid))
        return {"result": _named(kind, txid)}

    def sign_draft(self, kind: str, params: Mapping[str, Any]) -> Answer:
        """Sign a transaction that the page has brought, and send it nowhere."""
        if kind in KNOW_SPONSORS or set(params) != {"transaction", "broadcast"}:
            return UNKNOWN_METHOD
        assert params["broadcast"] is False
        made = decode_transaction(bytes.fromhex(params["transaction"]))
        return {"result": _handed_back(kind, self._signed(made))}

    def _signed(self, made: Transaction) -> bytes:
        """What the payer signs; when the wallet is at odds with the page, another amount."""
        call = made.payload
        assert isinstance(call, Call)
        if self.signs_sats is not None:
            other = (UInt(self.signs_sats), *call.arguments[1:])
            made = replace(made, payload=replace(call, arguments=other))
        return encode_transaction(sign_as_origin(made, self.key))

    def _aside(self, work: Coroutine[Any, Any, Done]) -> Done:
        # On a thread of its own: the browser's loop runs on this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, work).result()

    async def _nonce(self) -> int:
        async with opened_wallet(self.devnet) as wallet:
            return await wallet.sender.next_nonce(self.address)

    async def _sent(self, call: Call, bounds: tuple[PostCondition, ...]) -> str:
        async with opened_wallet(self.devnet) as wallet:
            draft = await wallet.sender.draft(
                call,
                self.key,
                post_conditions=() if self.drops_bounds else bounds,
                mode=Mode.DENY,
                fee_ustx=FEE_USTX,
            )
            return await wallet.sender.send(draft.transaction)

    def _addresses(self, kind: str, method: str, params: Any) -> Any:
        stacks = {"address": self.address, "publicKey": self.key.public_key.hex()}
        if kind in ("leather", "acme"):
            bitcoin = {"symbol": "BTC", "type": "p2wpkh", "address": "bc1qexample"}
            return {"addresses": [bitcoin, {"symbol": "STX", **stacks}]}
        if method == "wallet_connect":
            assert params["addresses"] == ["stacks"]
            assert params["network"] in ("Mainnet", "Testnet")
            return {
                "id": "1",
                "addresses": [{"purpose": "stacks", "addressType": "stacks", **stacks}],
            }
        if kind == "fordefi":
            return {"accounts": [stacks]}
        return {"addresses": [stacks]}


def _fault(kind: str, params: Mapping[str, Any]) -> str | None:
    """What a wallet of that kind does not take."""
    known = {"contract", "functionName", "functionArgs", "postConditions", "postConditionMode"}
    known |= {"arguments"} if kind in ("xverse", "fordefi") else {"address", "network"}
    known |= {"sponsored"} & set(params) if kind in KNOW_SPONSORS else set()
    if set(params) != known:
        return f"unexpected parameters: {sorted(set(params) ^ known)}"
    for text in (*params["functionArgs"], *params["postConditions"]):
        if not HEX.fullmatch(text):
            return f"no hex: {text}"
    if params.get("arguments", params["functionArgs"]) != params["functionArgs"]:
        return "two kinds of arguments"
    return None if params["postConditionMode"] == "deny" else "not in mode deny"


def _read(params: Mapping[str, Any]) -> tuple[Call, tuple[PostCondition, ...]]:
    values = tuple(decode_value(bytes.fromhex(one)) for one in params["functionArgs"])
    bounds = [read_post_condition(Reader(bytes.fromhex(one))) for one in params["postConditions"]]
    call = Call(Principal.parse(params["contract"]), params["functionName"], values)
    return call, tuple(bounds)


def _handed_back(kind: str, transaction: bytes) -> dict[str, str]:
    """What is signed and not sent, in the way of each."""
    if kind == "asigna":
        return {"txHex": f"0x{transaction.hex()}"}
    if kind == "acme":
        # An id that means nothing: the sponsor's signature makes another one.
        return {"txid": "ab" * 32, "signedTransaction": transaction.hex().upper()}
    if kind == "leather":
        return {"txid": "", "transaction": transaction.hex()}
    return {"transaction": transaction.hex()}


def _named(kind: str, txid: str) -> dict[str, str]:
    """The id in the way of each."""
    if kind == "fordefi":
        return {"txId": f"0x{txid}"}
    if kind == "xverse":
        return {"txid": f"0x{txid}", "transaction": "00"}
    return {"txid": txid, "transaction": "00"}


def bound(signed: Signed) -> TokenCondition:
    """The one thing that may move."""
    (only,) = signed.bounds
    assert isinstance(only, TokenCondition)
    return only


def said(page: Page, text: str, within_ms: int = 5_000) -> None:
    """The page says so beside the wallets."""
    expect(page.locator("#wallet-said")).to_contain_text(text, timeout=within_ms)


def without_stx(wallet: Extension) -> None:
    """Give the payer an account that has sBTC and nothing else."""
    wallet.key = PrivateKey(secrets.token_bytes(32))
    wallet.devnet.order("faucet", address=wallet.address, sats=50_000)


def start(payer: Payer, wallet: Extension, shop: Shop, *kinds: str) -> dict[str, Any]:
    """A payer with wallets before a payment of 20,000 sats."""
    intent = shop.intent(20_000)
    wallet.into(payer.page, *(kinds or ("leather",)))
    payer.open(intent)
    return intent


def is_paid(payer: Payer, devnet: Devnet) -> None:
    """The next block brings the money."""
    devnet.mine()
    payer.sees("Paid")
