// Both contracts once more, in plain words: who has what, and what every call answers.

/** The books of numbered people. Every method answers an error's number, or nothing when it is obeyed. */
export class Model {
  paused = false;
  next = null;
  trusted = new Set();
  paid = new Set();
  fees;
  merchants = new Map();
  intents = new Map();
  settled = new Set();
  statements = new Set();

  /** `sats` are what people have; `owner` is the number of who owns the contracts. */
  constructor(sats, owner) {
    this.sats = [...sats];
    this.owner = owner;
    this.fees = { bps: 0, to: owner };
  }

  // ------------------------------------------------------------------ stacktill-pay-v1

  /** What `check` says of terms at a time. */
  check({ terms, key, isForged, now }) {
    if (this.paused) return 101;
    if (now >= terms.expires) return 102;
    if (terms.fee >= terms.amount) return 103;
    if (!this.trusted.has(key)) return 104;
    if (isForged) return 105;
    return this.paid.has(JSON.stringify(terms)) ? 106 : undefined;
  }

  pay(step) {
    const { by, terms } = step;
    const error = this.check(step) ?? this.#split(by, terms.merchant, terms);
    if (error === undefined) this.paid.add(JSON.stringify(terms));
    return error;
  }

  trust({ by, key, value }) {
    if (by !== this.owner) return 100;
    if (value) this.trusted.add(key);
    else this.trusted.delete(key);
  }

  pause({ by, value }) {
    if (by !== this.owner) return 100;
    this.paused = value;
  }

  propose({ by, next }) {
    if (by !== this.owner) return 100;
    this.next = next;
  }

  accept({ by }) {
    if (this.next !== by) return 100;
    this.owner = by;
    this.next = null;
  }

  // ------------------------------------------------------------------ stacktill-intents-v1

  register({ by }) {
    if (this.merchants.has(by)) return 208;
    this.merchants.set(by, { active: true, bps: this.fees.bps });
  }

  create({ by, id, amount, expires, now }) {
    const name = `${by} ${id}`;
    const merchant = this.merchants.get(by);
    if (amount === 0) return 204;
    if (merchant === undefined) return 206;
    if (this.paused) return 201;
    if (!merchant.active) return 206;
    if (now >= expires) return 202;
    if (this.intents.has(name)) return 208;
    const fee = Math.floor((amount * merchant.bps) / 10_000);
    this.intents.set(name, { amount, fee, feeTo: this.fees.to, expires });
  }

  process({ by, of, id, amount, now }) {
    const name = `${of} ${id}`;
    const intent = this.intents.get(name);
    if (intent === undefined) return 207;
    if (this.paused) return 201;
    if (!this.merchants.get(of).active) return 206;
    if (amount !== intent.amount) return 204;
    if (now >= intent.expires) return 202;
    if (this.settled.has(name)) return 205;
    const error = this.#split(by, of, intent);
    if (error === undefined) this.settled.add(name);
    return error;
  }

  distribute({ by, statement, shares }) {
    const name = `${by} ${statement}`;
    if (this.statements.has(name)) return 205;
    const before = [...this.sats];
    for (const [place, [to, amount]] of shares.entries()) {
      if (this.#move(by, to, amount) !== undefined) {
        this.sats = before;
        return 1000 + place;
      }
    }
    this.statements.add(name);
  }

  setFees({ by, bps, to }) {
    if (by !== this.owner) return 200;
    if (bps > 1000) return 203;
    this.fees = { bps, to };
  }

  setMerchant({ by, of, active, bps }) {
    if (!this.merchants.has(of)) return 206;
    if (by !== this.owner) return 200;
    if (bps > 1000) return 203;
    this.merchants.set(of, { active, bps });
  }

  // ------------------------------------------------------------------ money

  #split(by, merchant, { amount, fee, feeTo }) {
    const before = [...this.sats];
    const error =
      this.#move(by, merchant, amount - fee) ?? (fee > 0 ? this.#move(by, feeTo, fee) : undefined);
    if (error !== undefined) this.sats = before;
    return error;
  }

  #move(by, to, amount) {
    if (amount === 0) return 3;
    if (by === to) return 2;
    if (this.sats[by] < amount) return 1;
    this.sats[by] -= amount;
    this.sats[to] += amount;
    return undefined;
  }
}
