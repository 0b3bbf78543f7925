// Transactions that wait, and those that were given up: by id, by account, in the order they came.
import { CHAINING_LIMIT } from "./network.mjs";
import { rejections } from "./rejection.mjs";

/** What waits for a block. An entry is { transaction, receivedAt, receivedHeight, status, replacedBy }. */
export class Mempool {
  #entries = new Map();

  /** Count of changes: whoever has seen this version has seen all. */
  version = 0;

  get(txid) {
    return this.#entries.get(txid) ?? null;
  }

  pending() {
    return [...this.#entries.values()].filter(({ status }) => status === "pending");
  }

  /** Those that wait and have to do with a principal, as sender, sponsor or called contract. */
  of(principal) {
    return this.pending().filter(({ transaction }) =>
      [
        transaction.sender,
        transaction.sponsor?.address,
        transaction.contract,
        transaction.recipient,
      ].includes(principal),
    );
  }

  /** The nonces of an account that wait, in order. */
  noncesOf(address) {
    return this.pending()
      .flatMap(({ transaction }) => accountsOf(transaction))
      .filter((account) => account.address === address)
      .map(({ nonce }) => nonce)
      .sort((left, right) => Number(left - right));
  }

  /** Check that no nonce was used, or is too far ahead; throws a `Rejection`. */
  checkNonces(transaction, { nonceOf }) {
    for (const { address, nonce, isOrigin } of accountsOf(transaction)) {
      const expected = nonceOf(address);
      const place = { actual: nonce, isOrigin, principal: address };
      if (nonce < expected) throw rejections.badNonce({ ...place, expected });
      const furthest = expected + CHAINING_LIMIT;
      if (nonce > furthest) throw rejections.tooMuchChaining({ ...place, expected: furthest });
    }
  }

  /** Take a transaction in; answers the ids of those it replaces, or throws a `Rejection`. */
  add(transaction, place) {
    const rivals = this.pending().filter((entry) => clash(entry.transaction, transaction));
    if (rivals.some((entry) => entry.transaction.fee >= transaction.fee)) {
      throw rejections.conflictingNonce();
    }
    const replaced = rivals.map((rival) => rival.transaction.txid);
    for (const txid of replaced) this.drop(txid, "replace_by_fee", transaction.txid);
    this.put(transaction, place);
    return replaced;
  }

  /** Take a transaction in without a question, as after a reorganisation. */
  put(transaction, { time, height }) {
    this.version += 1;
    this.#entries.set(transaction.txid, {
      transaction,
      receivedAt: time,
      receivedHeight: height,
      status: "pending",
      replacedBy: null,
    });
  }

  /** Give a transaction up; it can still be asked for. */
  drop(txid, reason, replacedBy = null) {
    const entry = this.#entries.get(txid);
    if (entry === undefined) return false;
    this.version += 1;
    entry.status = `dropped_${reason}`;
    entry.replacedBy = replacedBy;
    return true;
  }

  /** Forget a transaction: it is in a block. */
  remove(txid) {
    this.version += 1;
    this.#entries.delete(txid);
  }

  /** Forget everything. */
  clear() {
    this.version += 1;
    this.#entries.clear();
  }
}

/** The accounts whose nonces a transaction uses up: the origin's, and the sponsor's. */
export function accountsOf({ sender, nonce, sponsor }) {
  const origin = { address: sender, nonce, isOrigin: true };
  return sponsor === null ? [origin] : [origin, { ...sponsor, isOrigin: false }];
}

function clash(one, other) {
  return accountsOf(one).some((left) =>
    accountsOf(other).some((right) => left.address === right.address && left.nonce === right.nonce),
  );
}
