"""Why a node refuses a transaction, in words that say what to do."""

from __future__ import annotations

from collections.abc import Mapping

from stacktill.domain.errors import InvalidRequest

__all__ = ["REASONS", "TransactionRejected", "explained"]

REASONS: dict[str, str] = {
    "Serialization": "The node could not write the transaction; make it anew.",
    "Deserialization": "The node could not read the transaction; it is damaged or of a newer kind.",
    "SignatureValidation": "The signature does not fit the transaction; sign it again, unchanged.",
    "BadNonce": "The nonce {actual} does not follow the account's last one ({expected} is next); "
    "ask for the nonce again and sign anew.",
    "FeeTooLow": "The fee of {actual} micro-STX is below the {expected} that the node asks for.",
    "NotEnoughFunds": "The account has {actual} micro-STX where {expected} are needed; send it STX.",
    "TooMuchChaining": "Too many transactions of this account wait in the mempool; let some be mined.",
    "ConflictingNonceInMempool": "Another transaction with this nonce waits; wait for it, or pay a "
    "higher fee to replace it.",
    "NoSuchContract": "There is no contract of that name; check its address.",
    "NoSuchPublicFunction": "The contract has no public function of that name.",
    "BadFunctionArgument": "The contract's function does not take these arguments.",
    "ContractAlreadyExists": "The account has deployed a contract of that name already.",
    "BadAddressVersionByte": "An address belongs to another network.",
    "BadTransactionVersion": "The transaction was made for another network.",
    "TemporarilyBlacklisted": "The node has set this transaction aside; try again in a while.",
    "TransferRecipientCannotEqualSender": "Nobody can send STX to themselves.",
    "TransferAmountMustBePositive": "Send more than 0 micro-STX.",
    "EstimatorError": "The node could not estimate the transaction's cost; try again, or elsewhere.",
    "NoCoinbaseViaMempool": "Only miners make such a transaction.",
    "NoTenureChangeViaMempool": "Only miners make such a transaction.",
    "ServerFailureNoSuchChainTip": "The node does not know the chain's tip; try again in a while.",
    "ServerFailureDatabase": "The node's database failed; try again, or elsewhere.",
    "ServerFailureOther": "The node failed; try again, or elsewhere.",
}
"""What each reason means."""
_MICROBLOCKS = "The transaction is about microblocks, which this chain no longer has."


class TransactionRejected(InvalidRequest):
    """A node did not take a transaction; ``reason`` is its own word, such as ``BadNonce``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def explained(reason: str, data: Mapping[str, object] | None) -> TransactionRejected:
    """The error for a reason and what the node told about it."""
    words = REASONS.get(reason)
    if words is None:
        words = _MICROBLOCKS if "PoisonMicroblock" in reason else "The node gives no known reason."
    filled = words.format_map(_Told(data or {}))
    return TransactionRejected(
        reason, f"The node refused the transaction ({reason[:60]}). {filled}"
    )


class _Told(dict[str, object]):
    """What a node told, with ``?`` for what it kept to itself; amounts in hex become numbers."""

    def __init__(self, data: Mapping[str, object]) -> None:
        super().__init__({key: _plain(value) for key, value in data.items()})

    def __missing__(self, key: str) -> str:
        return "?"


def _plain(value: object) -> object:
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return int(value, 16)
        except ValueError:
            return value[:60]
    return value if isinstance(value, int) else str(value)[:60]
