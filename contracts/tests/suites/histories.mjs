// Random histories of many people, told twice: to the contracts and to a model of twenty lines.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import fc from "fast-check";
import { INTENTS, PAY, START, balance, call, fresh, fund, owner } from "../kit/chain.mjs";
import { addressOf } from "../kit/people.mjs";
import { create, processPayment, register, setMerchant } from "../kit/intents.mjs";
import { pay, signed, terms, trust } from "../kit/terms.mjs";

const NAMES = ["ann", "ben", "cleo"];
const PEOPLE = NAMES.map(addressOf);
const RUNS = {
  seed: Number(process.env.SEED ?? 20261122),
  numRuns: Number(process.env.HISTORIES ?? 12),
};

const who = fc.nat(2);
const idOf = (number) => number.toString(16).padStart(32, "0");
const step = fc.oneof(
  fc.record({
    kind: fc.constant("pay"),
    by: who,
    to: who,
    amount: fc.integer({ min: 1, max: 400 }),
    id: fc.nat(3),
  }),
  fc.record({
    kind: fc.constant("create"),
    by: who,
    amount: fc.integer({ min: 1, max: 400 }),
    id: fc.nat(2),
  }),
  fc.record({ kind: fc.constant("process"), by: who, to: who, id: fc.nat(2) }),
  fc.record({ kind: fc.constant("register"), by: who }),
  fc.record({ kind: fc.constant("suspend"), to: who, active: fc.boolean() }),
  fc.record({ kind: fc.constant("pause"), value: fc.boolean(), by: fc.option(who) }),
  fc.record({ kind: fc.constant("trust"), value: fc.boolean(), by: fc.option(who) }),
);

/** What should be so, in plain words. */
class Model {
  sats = PEOPLE.map(() => 1000);
  paused = false;
  trusted = true;
  paid = new Set();
  merchants = new Map();
  intents = new Map();

  move(by, to, amount) {
    if (by === to || this.sats[by] < amount) return false;
    this.sats[by] -= amount;
    this.sats[to] += amount;
    return true;
  }

  once(name, happens) {
    if (this.paused || this.paid.has(name) || !happens()) return false;
    this.paid.add(name);
    return true;
  }

  pay({ by, to, amount, id }) {
    if (!this.trusted) return false;
    return this.once(`terms ${id} ${to} ${amount}`, () => this.move(by, to, amount));
  }

  register({ by }) {
    if (this.merchants.has(by)) return false;
    this.merchants.set(by, true);
    return true;
  }

  suspend({ to, active }) {
    if (!this.merchants.has(to)) return false;
    this.merchants.set(to, active);
    return true;
  }

  create({ by, amount, id }) {
    const name = `${by} ${id}`;
    if (this.paused || !this.merchants.get(by) || this.intents.has(name)) return false;
    this.intents.set(name, amount);
    return true;
  }

  process({ by, to, id }) {
    const name = `${to} ${id}`;
    if (!this.intents.has(name) || !this.merchants.get(to)) return false;
    return this.once(`intent ${name}`, () => this.move(by, to, this.intents.get(name)));
  }

  pause({ value, by }) {
    if (by === null) this.paused = value;
    return by === null;
  }

  trust({ value, by }) {
    if (by === null) this.trusted = value;
    return by === null;
  }
}

/** The same steps, as calls of the contracts. */
const calls = {
  pay({ by, to, amount, id }) {
    const given = terms({
      id: idOf(id),
      merchant: PEOPLE[to],
      amount,
      fee: 0,
      expires: START + 1e6,
    });
    return pay(given, { sender: PEOPLE[by], signature: signed(given) });
  },
  register: ({ by }) => register(PEOPLE[by]),
  suspend: ({ to, active }) => setMerchant(PEOPLE[to], { active }),
  create: ({ by, amount, id }) =>
    create({ sender: PEOPLE[by], amount, id: idOf(id), expires: START + 1e6 }),
  process: ({ by, to, id }, model) =>
    processPayment({
      sender: PEOPLE[by],
      of: PEOPLE[to],
      id: idOf(id),
      amount: model.intents.get(`${to} ${id}`) ?? 1,
    }),
  pause: ({ value, by }) =>
    call(PAY, "set-paused", [Cl.bool(value)], by === null ? owner : PEOPLE[by]),
  trust({ value, by }) {
    if (by === null) return trust("gateway", value);
    return call(PAY, "accept-owner", [], PEOPLE[by]);
  },
};

describe("histories", () => {
  test("end in the books as the model has them, step by step", async () => {
    const tried = new Set();
    const holds = async (steps) => {
      await fresh();
      trust();
      for (const each of PEOPLE) fund(each, 1000);
      const model = new Model();
      for (const each of steps) {
        const { error } = calls[each.kind](each, model);
        const expected = model[each.kind](each);
        assert.equal(error === undefined, expected, `${JSON.stringify(each)} answered ${error}`);
        assert.deepEqual(PEOPLE.map(balance).map(Number), model.sats);
        tried.add(`${each.kind} ${expected}`);
      }
      assert.deepEqual([PAY, INTENTS].map(balance), [0n, 0n]);
    };
    const history = fc.array(step, { minLength: 25, maxLength: 40 });
    await fc.assert(fc.asyncProperty(history, holds), RUNS);
    assert.equal(tried.size, 14, `every step was taken and refused: ${[...tried].sort()}`);
  });
});
