// Fees: tiers, their limits, and how collected fees are shared out.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { INTENTS, balance, fresh, fund, owner } from "../kit/chain.mjs";
import { moved, printed } from "../kit/events.mjs";
import {
  create,
  distribute,
  distributionOf,
  fees,
  intentOf,
  merchantOf,
  processPayment,
  register,
  setFees,
  setMerchant,
} from "../kit/intents.mjs";
import { merchant, otherMerchant, platform, stranger } from "../kit/people.mjs";

const STATEMENT = "5a".repeat(32);

describe("set-fees and set-merchant", () => {
  beforeEach(fresh);

  test("begin without fees, to the one who deployed", () => {
    assert.deepEqual(fees(), { bps: 0n, to: owner });
  });

  test("set and tell the tier of all who come", () => {
    const { events } = setFees(250, platform);
    assert.deepEqual(printed(events, INTENTS), [{ topic: "fees-set", bps: 250n, to: platform }]);
    assert.deepEqual(fees(), { bps: 250n, to: platform });
  });

  test("set and tell the tier of one merchant", () => {
    register();
    const { events } = setMerchant(merchant, { bps: 75 });
    const told = { topic: "merchant-set", merchant, active: true, "fee-bps": 75n };
    assert.deepEqual(printed(events, INTENTS), [told]);
    create({ amount: 10_000 });
    assert.equal(intentOf(merchant).fee, 75n);
  });

  test("answer true, as all that makes or pays an intent does", () => {
    fund(stranger, 100);
    const answers = [
      setFees(0, platform),
      register(),
      setMerchant(merchant),
      create({ amount: 1 }),
    ];
    answers.push(processPayment({ amount: 1, sender: stranger }));
    assert.ok(answers.every(({ ok }) => ok.type === "true"));
  });

  test("refuse all but the owner: u200", () => {
    register();
    assert.equal(setFees(1, stranger, stranger).error, 200);
    assert.equal(setMerchant(merchant, { sender: merchant }).error, 200);
    assert.equal(merchantOf(merchant)["fee-bps"], 0n);
  });

  test("refuse more than a tenth: u203", () => {
    register();
    assert.equal(setFees(1001, platform).error, 203);
    assert.equal(setMerchant(merchant, { bps: 1001 }).error, 203);
    assert.ok(setFees(1000, platform).ok);
    assert.ok(setMerchant(merchant, { bps: 1000 }).ok);
  });

  test("refuse a merchant that nobody knows: u206", () => {
    assert.equal(setMerchant(stranger).error, 206);
  });
});

describe("distribute-fees", () => {
  beforeEach(async () => {
    await fresh();
    fund(platform, 1000);
  });

  test("shares the caller's sats out, all at once, and tells it", () => {
    const { ok, events } = distribute(
      STATEMENT,
      [
        [merchant, 600],
        [otherMerchant, 300],
      ],
      platform,
    );
    assert.equal(Number(ok.value), 900);
    assert.deepEqual(moved(events), [
      { from: platform, to: merchant, sats: 600 },
      { from: platform, to: otherMerchant, sats: 300 },
    ]);
    assert.deepEqual(printed(events, INTENTS), [
      { topic: "fees-distributed", payer: platform, statement: STATEMENT, total: 900n, shares: 2n },
    ]);
    assert.equal(distributionOf(platform, STATEMENT), 900n);
  });

  test("pays a statement once: u205", () => {
    distribute(STATEMENT, [[merchant, 100]], platform);
    assert.equal(distribute(STATEMENT, [[merchant, 100]], platform).error, 205);
    assert.equal(balance(merchant), 100n);
  });

  test("keeps the statements of one caller apart from those of another", () => {
    fund(stranger, 10);
    assert.ok(distribute(STATEMENT, [[merchant, 1]], stranger).ok);
    assert.ok(distribute(STATEMENT, [[merchant, 100]], platform).ok);
  });

  test("moves nothing when one share fails: u1000 and its place", () => {
    const tooMuch = [
      [merchant, 600],
      [otherMerchant, 600],
    ];
    assert.equal(distribute(STATEMENT, tooMuch, platform).error, 1001);
    assert.deepEqual([merchant, otherMerchant].map(balance), [0n, 0n]);
    assert.equal(distributionOf(platform, STATEMENT), null, "it can be tried again");
    assert.equal(distribute(STATEMENT, [[merchant, 0]], platform).error, 1000);
  });

  test("takes a hundred shares", () => {
    const shares = Array.from({ length: 100 }, () => [merchant, 10]);
    assert.equal(Number(distribute(STATEMENT, shares, platform).ok.value), 1000);
  });

  test("takes no more than a hundred shares", () => {
    const shares = Array.from({ length: 101 }, () => [merchant, 1]);
    assert.throws(() => distribute(STATEMENT, shares, platform));
    assert.equal(balance(merchant), 0n);
  });

  test("takes an empty statement, which moves nothing", () => {
    assert.equal(Number(distribute(STATEMENT, [], platform).ok.value), 0);
  });
});
