"""What ``stacktill chain info`` says of the contract that payers are asked to pay through."""

from __future__ import annotations

from contextlib import suppress

from stacktill.domain.errors import ConfigError, InvalidRequest
from stacktill_chain_stacks.cli.desk import Tools
from stacktill_chain_stacks.wire.clarity import Bool, Buffer
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.principals import Principal

__all__ = ["told_contract"]


async def told_contract(tools: Tools) -> dict[str, object]:
    """The contract, the public key whose terms the box signs, and whether the contract trusts it.

    Nothing without both; the last is None while the contract is not on the chain.
    """
    config = tools.config
    if config.pay_contract is None or config.signing_key is None:
        return {}
    contract = Principal.parse(config.pay_contract)
    try:
        key = PrivateKey.parse(config.signing_key).public_key
    except WireError as error:
        raise ConfigError(f"[plugins.chain_stacks]: signing_key: {error}") from error
    trusted: bool | None = None
    with suppress(InvalidRequest):
        answer = await tools.node.call_read(
            contract, "is-signer", (Buffer(key),), sender=contract.address
        )
        trusted = answer == Bool(True)
    return {
        "pay_contract": str(contract),
        "signing_key_public": f"0x{key.hex()}",
        "signing_key_trusted": trusted,
    }
