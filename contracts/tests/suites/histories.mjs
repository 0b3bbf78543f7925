// Random histories: every function, called by anybody in any order, told to the contracts and to a model.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import fc from "fast-check";
import {
  INTENTS,
  PAY,
  START,
  balance,
  call,
  fresh,
  fund,
  now,
  owner,
  passBurnBlocks,
  read,
} from "../kit/chain.mjs";
import { moved, plain } from "../kit/events.mjs";
import {
  create,
  distribute,
  fees,
  merchantOf,
  paymentOf,
  processPayment,
  register,
  setFees,
  setMerchant,
} from "../kit/intents.mjs";
import { Model } from "../kit/model.mjs";
import { addressOf } from "../kit/people.mjs";
import { hashOf, pay, payArguments, signed, terms, trust } from "../kit/terms.mjs";

const PEOPLE = [owner, ...["ann", "ben", "cleo"].map(addressOf)];
const SATS = 1000;
const KEYS = ["gateway", "new gateway"];
const USUAL_SEED = 20261122;
const RUNS = {
  seed: Number(process.env.SEED ?? USUAL_SEED),
  numRuns: Number(process.env.HISTORIES ?? 12),
};

// Few different values, so that the same terms, ids and statements come again and again.
const who = fc.nat(PEOPLE.length - 1);
const mostlyOwner = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, who);
const small = fc.constantFrom(0, 1, 60, 400);
const end = fc.constantFrom(START + 2000, START + 1_000_000);
const key = fc.constantFrom(...KEYS);
const rarely = fc.nat(5).map((each) => each === 0);
const bps = fc.constantFrom(0, 250, 1000, 1001);

const STEPS = {
  pay: {
    by: who,
    terms: fc.record({
      id: fc.nat(1),
      merchant: who,
      amount: small,
      fee: small,
      feeTo: who,
      expires: end,
    }),
    key,
    isForged: rarely,
  },
  trust: { by: mostlyOwner, key, value: fc.nat(3).map((each) => each > 0) },
  pause: { by: mostlyOwner, value: rarely },
  propose: { by: mostlyOwner, next: fc.option(who, { freq: 8 }) },
  accept: { by: who },
  register: { by: who },
  create: { by: who, id: fc.nat(1), amount: small, expires: end },
  process: { by: who, of: who, id: fc.nat(1), isRight: fc.nat(5).map((each) => each > 0) },
  distribute: {
    by: who,
    statement: fc.nat(5),
    shares: fc.array(fc.tuple(who, small), { maxLength: 3 }),
  },
  setFees: { by: mostlyOwner, bps, to: who },
  setMerchant: { by: mostlyOwner, of: who, active: fc.nat(4).map((each) => each > 0), bps },
  wait: {},
};
const WEIGHTS = { pay: 6, create: 3, process: 5, register: 2, accept: 3 };
const step = fc.oneof(
  ...Object.entries(STEPS).map(([kind, parts]) => ({
    weight: WEIGHTS[kind] ?? 1,
    arbitrary: fc.record({ kind: fc.constant(kind), ...parts }),
  })),
);

const hex = (number, bytes) => number.toString(16).padStart(2 * bytes, "0");
const given = ({ id, merchant, feeTo, ...rest }) =>
  terms({ ...rest, id: hex(id, 16), merchant: PEOPLE[merchant], feeTo: PEOPLE[feeTo] });

/** What a signer with the given key has to say to given terms, rightly or not. */
function proof(each) {
  const by = each.isForged ? "stranger" : each.key;
  return { by: each.key, signature: signed(given(each.terms), { by }) };
}

/** The same steps, as calls of the contracts. */
const calls = {
  pay: (each) => pay(given(each.terms), { sender: PEOPLE[each.by], ...proof(each) }),
  trust: ({ by, key: name, value }) => trust(name, value, PEOPLE[by]),
  pause: ({ by, value }) => call(PAY, "set-paused", [Cl.bool(value)], PEOPLE[by]),
  propose({ by, next }) {
    const offer = next === null ? Cl.none() : Cl.some(Cl.principal(PEOPLE[next]));
    return call(PAY, "propose-owner", [offer], PEOPLE[by]);
  },
  accept: ({ by }) => call(PAY, "accept-owner", [], PEOPLE[by]),
  register: ({ by }) => register(PEOPLE[by]),
  create: ({ by, id, ...rest }) => create({ sender: PEOPLE[by], id: hex(id, 16), ...rest }),
  process: ({ by, of, id, amount }) =>
    processPayment({ sender: PEOPLE[by], of: PEOPLE[of], id: hex(id, 16), amount }),
  distribute: ({ by, statement, shares }) =>
    distribute(
      hex(statement, 32),
      shares.map(([to, amount]) => [PEOPLE[to], amount]),
      PEOPLE[by],
    ),
  setFees: ({ by, bps: points, to }) => setFees(points, PEOPLE[to], PEOPLE[by]),
  setMerchant: ({ by, of, active, bps: points }) =>
    setMerchant(PEOPLE[of], { active, bps: points, sender: PEOPLE[by] }),
};

/** What a step says besides itself: when it is, and which amount a payer reads off an intent. */
function told(each, model) {
  const asked = model.intents.get(`${each.of} ${each.id}`)?.amount ?? 1;
  const amount = each.kind === "process" ? { amount: each.isRight ? asked : asked + 1 } : {};
  return { ...each, ...amount, now: now() + 10 };
}

/** The books of the contracts are those of the model. */
function assertSame(model) {
  const { owner: mine, next, paused } = model;
  assert.deepEqual(plain(read(PAY, "get-status", []).result), {
    owner: PEOPLE[mine],
    "next-owner": next === null ? null : PEOPLE[next],
    paused,
  });
  assert.deepEqual(fees(), { bps: BigInt(model.fees.bps), to: PEOPLE[model.fees.to] });
  for (const [place, address] of PEOPLE.entries()) {
    const known = model.merchants.get(place);
    const { active, "fee-bps": points } = merchantOf(address) ?? {};
    assert.deepEqual([active, points], [known?.active, known && BigInt(known.bps)]);
    for (const id of [0, 1]) {
      const isPaid = paymentOf(address, hex(id, 16)) !== null;
      assert.equal(isPaid, model.settled.has(`${place} ${id}`));
    }
  }
  for (const each of model.paid) {
    const hash = Cl.bufferFromHex(hashOf(given(JSON.parse(each))));
    assert.notEqual(plain(read(PAY, "get-payment", [hash]).result), null);
  }
}

describe("histories", () => {
  const outcomes = new Set();

  /** Take one step with both, and compare everything that money can tell. */
  function take(each, model) {
    if (each.kind === "wait") return passBurnBlocks(2);
    const whole = told(each, model);
    if (each.kind === "pay") {
      const asked = read(
        PAY,
        "check",
        payArguments(given(each.terms), proof(each)),
        PEOPLE[each.by],
      );
      const said = asked.result.type === "ok" ? undefined : Number(asked.result.value.value);
      assert.equal(said, model.check(whole), `check of ${JSON.stringify(whole)}`);
    }
    const { error, events } = calls[each.kind](whole);
    assert.equal(error, model[each.kind](whole), JSON.stringify(whole));
    assert.deepEqual([...PEOPLE, PAY, INTENTS].map(balance).map(Number), [...model.sats, 0, 0]);
    // Whatever is called, only the caller's own sats move.
    assert.ok(moved(events).every(({ from }) => from === PEOPLE[each.by]));
    outcomes.add(`${each.kind} ${error ?? "ok"}`);
  }

  test("end in the books as the model has them, step by step and error by error", async () => {
    const holds = async (steps) => {
      await fresh();
      for (const each of PEOPLE) fund(each, SATS);
      const model = new Model(
        PEOPLE.map(() => SATS),
        0,
      );
      for (const name of KEYS) take({ kind: "trust", by: 0, key: name, value: true }, model);
      for (const each of steps) take(each, model);
      assertSame(model);
      assert.equal(
        model.sats.reduce((sum, sats) => sum + sats, 0),
        SATS * PEOPLE.length,
      );
    };
    const history = fc.array(step, { minLength: 40, maxLength: 70 });
    await fc.assert(fc.asyncProperty(history, holds), RUNS);
  });

  test("took every step, well and badly", () => {
    const kinds = Object.keys(STEPS).filter((kind) => kind !== "wait");
    const missing = kinds.filter(
      (kind) =>
        !outcomes.has(`${kind} ok`) || ![...outcomes].some((each) => each.match(`${kind} \\d`)),
    );
    if (RUNS.seed === USUAL_SEED) assert.deepEqual(missing, [], [...outcomes].sort().join(", "));
  });
});
