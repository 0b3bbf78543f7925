// Which of the waiting transactions go into the next block.
import { accountsOf } from "./mempool.mjs";

const MOST_IN_A_BLOCK = 200;

/** In the order of arrival, each account's nonces without a gap, and only what can be paid for. */
export function pick(chain) {
  const next = new Map();
  const spent = new Map();
  const chosen = [];
  let waiting = chain.mempool.pending().map(({ transaction }) => transaction);
  for (let before = -1; before !== chosen.length && chosen.length < MOST_IN_A_BLOCK;) {
    before = chosen.length;
    waiting = waiting.filter((transaction) => {
      if (chosen.length >= MOST_IN_A_BLOCK) return true;
      if (!isNext(transaction, next, chain) || !isPaidFor(transaction, spent, chain)) return true;
      for (const { address, nonce } of accountsOf(transaction)) next.set(address, nonce + 1n);
      chosen.push(transaction);
      return false;
    });
  }
  return chosen;
}

/** Whether it is a transaction's turn, for its origin and for its sponsor. */
function isNext(transaction, next, chain) {
  return accountsOf(transaction).every(
    ({ address, nonce }) => nonce === (next.get(address) ?? chain.nonceOf(address)),
  );
}

/** Whether fee and amount can be paid after all that was chosen before; then they are spent. */
function isPaidFor({ payer, fee, sender, amount = 0n }, spent, chain) {
  const after = new Map(spent);
  for (const [address, cost] of [
    [payer, fee],
    [sender, amount],
  ]) {
    after.set(address, (after.get(address) ?? 0n) + cost);
  }
  for (const address of new Set([payer, sender])) {
    if (after.get(address) > chain.stxOf(address)) return false;
  }
  for (const [address, sum] of after) spent.set(address, sum);
  return true;
}
