"""A Stacks node's own interface: what is checked at start, and what sends and asks."""

from __future__ import annotations

from collections.abc import Sequence

from stacktill.domain.errors import InvalidRequest
from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.http import Http
from stacktill_chain_stacks.client.rejections import explained
from stacktill_chain_stacks.client.shapes import (
    Accepted,
    Account,
    CallRead,
    FeeEstimate,
    NodeInfo,
    Pox,
    Rejection,
    Source,
    Unconfirmed,
)
from stacktill_chain_stacks.wire.clarity import Value
from stacktill_chain_stacks.wire.decoding import decode_value, from_hex
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.payloads import Payload, encode_payload
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    encode_transaction,
    transaction_id,
)

__all__ = ["NodeClient"]

_OK, _NOT_FOUND = 200, 404


class NodeClient:
    """One node, or an API host that passes on to one."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.name = http.name

    async def info(self) -> NodeInfo:
        """Which network it is on and how far it has got."""
        found = await self._http.get("/v2/info", NodeInfo)
        if found is None:
            raise ChainUnavailable(
                f"{self.name} has no /v2/info: is it a node or an API of Stacks?"
            )
        return found

    async def pox(self) -> Pox:
        """What its proof of transfer rests on, such as which sBTC."""
        return await self._http.get("/v2/pox", Pox) or Pox()

    async def account(self, principal: str) -> Account:
        """STX and next nonce of an account, without what waits in the mempool."""
        found = await self._http.get(f"/v2/accounts/{principal}", Account, proof=0)
        if found is None:
            raise ChainUnavailable(f"{self.name} does not know the account {principal}.")
        return found

    async def fee_estimates(self, payload: Payload, size_bytes: int) -> list[int] | None:
        """Low, middle and high fee in micro-STX, or None when the node has no opinion."""
        body = {"transaction_payload": encode_payload(payload).hex(), "estimated_len": size_bytes}
        path = "/v2/fees/transaction"
        reply = await self._http.post(path, body)
        if reply.status != _OK:
            return None
        found = self._http.decoded(path, reply, FeeEstimate)
        return sorted(one.fee for one in found.estimations)

    async def call_read(
        self, contract: Principal, function: str, arguments: Sequence[Value], *, sender: str
    ) -> Value:
        """What a read-only function answers; raise ``InvalidRequest`` when it does not run."""
        path = f"/v2/contracts/call-read/{contract.address}/{contract.contract}/{function}"
        body = {
            "sender": sender,
            "arguments": [f"0x{encode_value(one).hex()}" for one in arguments],
        }
        reply = await self._http.post(path, body)
        if reply.status == _NOT_FOUND:
            raise InvalidRequest(f"{self.name} knows no contract {contract} with a {function}.")
        found = self._http.decoded(path, reply, CallRead)
        if not found.okay or found.result is None:
            raise InvalidRequest(f"{contract}: {function} did not run: {found.cause or 'no cause'}")
        try:
            return decode_value(from_hex(found.result))
        except WireError as error:
            raise ChainUnavailable(f"{self.name} answers no value: {error}.") from error

    async def source(self, contract: Principal) -> str | None:
        """A contract's source, or None when there is no such contract."""
        path = f"/v2/contracts/source/{contract.address}/{contract.contract}"
        found = await self._http.get(path, Source, proof=0)
        return None if found is None else found.source

    async def is_unconfirmed(self, txid: str) -> bool:
        """Whether a transaction (64 hex digits) waits in the node's mempool."""
        path = f"/v2/transactions/unconfirmed/{txid}"
        return await self._http.get(path, Unconfirmed) is not None

    async def broadcast(self, transaction: Transaction) -> str:
        """Send a transaction and return its id; raise ``TransactionRejected`` with the node's reason.

        When no answer comes it may have been taken all the same: sending the same one again is safe.
        """
        path = "/v2/transactions"
        reply = await self._http.post(path, encode_transaction(transaction))
        if reply.status != _OK:
            refused = self._http.decoded(path, reply, Rejection)
            raise explained(refused.reason or refused.error, refused.reason_data)
        txid = self._http.decoded(path, reply, Accepted).removeprefix("0x")
        if txid != transaction_id(transaction):
            raise ChainUnavailable(f"{self.name} took {txid}, which is not what was sent.")
        return txid
