"""What the signers of sBTC do to stores: mint for bitcoin, lock for withdrawals, complete or refuse those."""

from __future__ import annotations

from tests.simulation.payers import Payers
from tests.simulation.scripted_chain import LOCKED, SBTC, Moved
from tests.simulation.world import World

__all__ = ["Signers"]

TOKENS = (SBTC, SBTC, SBTC, "SP.sbtc-token::sbtc-token", "SP.sbtc-token::sbtc-token-locked")


class Signers:
    """Everything that makes and unmakes sBTC at addresses of stores, or looks like it."""

    def __init__(self, world: World, payers: Payers) -> None:
        self.world = world
        self.random = world.random
        self._payers = payers
        self._open: list[tuple[bool, str, int]] = []
        """Withdrawals that were asked for: in which mode, whose, and what they hold."""

    async def peg_in(self) -> None:
        """Mint for one store or several, or mint them a token that looks the same."""
        livemode = self.random.random() < 0.2
        asset = self.random.choice(TOKENS)
        most = 50_000 if asset == SBTC else 2**128
        moves = [
            Moved(self.random.randrange(1, most), None, self._payers.address(livemode), asset=asset)
            for _ in range(self.random.choice((1, 1, 3)))
        ]
        self._submit("peg in", livemode, *moves)

    async def burn(self) -> None:
        """Burn what is a store's: sBTC, or a stranger's token, for which nobody need ask the store."""
        livemode = self.random.random() < 0.2
        asset = self.random.choice((SBTC, "SP.big::big"))
        amount = self.random.randrange(1, 9_000 if asset == SBTC else 2**128)
        move = Moved(amount, self._payers.address(livemode), None, asset=asset)
        self._submit("burn", livemode, move)

    async def peg_out(self) -> None:
        """A store asks for bitcoin: what it may cost at most is locked."""
        livemode = self.random.random() < 0.2
        address, amount = self._payers.address(livemode), self.random.randrange(600, 50_000)
        self._open.append((livemode, address, amount))
        burned = Moved(amount, address, None)
        self._submit("peg out", livemode, burned, Moved(amount, None, address, asset=LOCKED))

    async def complete(self) -> None:
        """Complete or refuse some withdrawals of one mode in one transaction."""
        if not self._open:
            return
        livemode = self._open[0][0]
        chosen = [one for one in self._open if one[0] == livemode]
        chosen = chosen[: self.random.choice((1, 1, 2, 5))]
        moves = []
        for one in chosen:
            self._open.remove(one)
            _, address, amount = one
            moves.append(Moved(amount, address, None, asset=LOCKED))
            unused = self.random.choice((0, self.random.randrange(1, 500), amount))
            if unused:
                moves.append(Moved(unused, None, address))
        self._submit("complete", livemode, *moves)

    def _submit(self, what: str, livemode: bool, *moves: Moved) -> None:
        self.world.counts[f"signers {what}"] += 1
        self.world.note(f"the signers {what} {[move.amount for move in moves]}")
        self._payers.nature(livemode).submit(*moves)
