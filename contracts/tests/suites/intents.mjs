// register-merchant, create-payment-intent and process-payment: the way that keeps all on chain.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import {
  INTENTS,
  PAY,
  SBTC,
  balance,
  call,
  fresh,
  fund,
  now,
  owner,
  passBurnBlocks,
} from "../kit/chain.mjs";
import { moved, printed } from "../kit/events.mjs";
import {
  ID,
  create,
  intentOf,
  merchantOf,
  paymentOf,
  processPayment,
  register,
  setFees,
  setMerchant,
} from "../kit/intents.mjs";
import { merchant, payer, platform, stranger } from "../kit/people.mjs";

const pause = (value) => call(PAY, "set-paused", [Cl.bool(value)], owner);

describe("register-merchant", () => {
  beforeEach(fresh);

  test("registers the caller, without a word about a person", () => {
    assert.equal(merchantOf(merchant), null);
    const { events } = register();
    assert.deepEqual(printed(events, INTENTS), [{ topic: "merchant-registered", merchant }]);
    assert.deepEqual(merchantOf(merchant), { active: true, "fee-bps": 0n, label: null });
  });

  test("keeps a label, and prints it nowhere", () => {
    const { events } = register(merchant, Cl.some(Cl.stringUtf8("Bäckerei №1")));
    assert.equal(merchantOf(merchant).label, "Bäckerei №1");
    assert.ok(!JSON.stringify(printed(events, INTENTS)).includes("label"));
  });

  test("keeps a label of 64 characters, and takes none that is longer", () => {
    register(merchant, Cl.some(Cl.stringUtf8("№".repeat(64))));
    assert.equal(merchantOf(merchant).label.length, 64);
    assert.throws(() => register(stranger, Cl.some(Cl.stringUtf8("№".repeat(65)))));
    assert.equal(merchantOf(stranger), null);
  });

  test("gives the tier of the day", () => {
    setFees(150, platform);
    register();
    setFees(300, platform);
    assert.equal(merchantOf(merchant)["fee-bps"], 150n);
  });

  test("registers nobody twice: u208", () => {
    register();
    setMerchant(merchant, { active: false, bps: 900 });
    assert.equal(register().error, 208);
    assert.deepEqual(merchantOf(merchant), { active: false, "fee-bps": 900n, label: null });
  });
});

describe("create-payment-intent", () => {
  beforeEach(async () => {
    await fresh();
    setFees(100, platform);
    register();
  });

  test("keeps and tells the terms, with the fee of the merchant's tier", () => {
    const expires = now() + 3600;
    const { events } = create({ amount: 50_099, expires });
    const kept = { amount: 50_099n, fee: 500n, "fee-to": platform, expires: BigInt(expires) };
    assert.deepEqual(intentOf(merchant), kept);
    assert.deepEqual(printed(events, INTENTS), [
      { topic: "intent-created", merchant, id: ID, ...kept },
    ]);
  });

  test("keeps the fee it was made with", () => {
    create();
    setMerchant(merchant, { bps: 1000 });
    setFees(1000, stranger);
    assert.deepEqual([intentOf(merchant).fee, intentOf(merchant)["fee-to"]], [500n, platform]);
  });

  test("refuses while paused: u201", () => {
    pause(true);
    assert.equal(create().error, 201);
  });

  test("refuses an end that has passed: u202", () => {
    assert.equal(create({ expires: now() }).error, 202);
    assert.equal(create({ expires: 0 }).error, 202);
  });

  test("refuses no sats, and more than there can be: u204", () => {
    assert.equal(create({ amount: 0 }).error, 204);
    assert.equal(create({ amount: 2_100_000_000_000_001n }).error, 204);
    assert.equal(create({ amount: 2n ** 128n - 1n }).error, 204);
    assert.ok(create({ amount: 2_100_000_000_000_000n }).ok);
  });

  test("refuses who is not registered, or no longer active: u206", () => {
    assert.equal(create({ sender: stranger }).error, 206);
    setMerchant(merchant, { active: false });
    assert.equal(create().error, 206);
  });

  test("never changes an intent: u208", () => {
    create();
    assert.equal(create({ amount: 1 }).error, 208);
    assert.equal(intentOf(merchant).amount, 50_000n);
  });
});

describe("process-payment", () => {
  beforeEach(async () => {
    await fresh();
    setFees(100, platform);
    register();
    fund(payer, 100_000);
  });

  test("moves the amount to the merchant and the fee to its recipient, and tells it", () => {
    create();
    const { events } = processPayment();
    assert.deepEqual(moved(events), [
      { from: payer, to: merchant, sats: 49_500 },
      { from: payer, to: platform, sats: 500 },
    ]);
    const { expires } = intentOf(merchant);
    assert.deepEqual(printed(events, INTENTS), [
      {
        topic: "paid",
        payer,
        merchant,
        id: ID,
        amount: 50_000n,
        fee: 500n,
        "fee-to": platform,
        expires,
      },
    ]);
    assert.equal(paymentOf(merchant).payer, payer);
    assert.ok(Math.abs(Number(paymentOf(merchant).at) - now()) <= 20);
  });

  test("puts the id into the memo of both transfers", () => {
    create();
    const prints = processPayment().events.filter(({ event }) => event === "print_event");
    const memos = prints.filter(({ data }) => data.contract_identifier === SBTC);
    assert.deepEqual(
      memos.map(({ data }) => data.value.value),
      [ID, ID],
    );
  });

  test("moves a fee of one sat", () => {
    create({ amount: 100 });
    assert.deepEqual(
      moved(processPayment({ amount: 100 }).events).map(({ to, sats }) => [to, sats]),
      [
        [merchant, 99],
        [platform, 1],
      ],
    );
  });

  test("moves one transfer when the fee is rounded down to nothing", () => {
    create({ amount: 99 });
    assert.deepEqual(moved(processPayment({ amount: 99 }).events), [
      { from: payer, to: merchant, sats: 99 },
    ]);
  });

  /** The payment is refused with this error, and nothing has moved. */
  function refused(error, options) {
    assert.equal(processPayment(options).error, error);
    assert.deepEqual([payer, merchant, platform].map(balance), [100_000n, 0n, 0n]);
    assert.equal(paymentOf(merchant), null);
  }

  test("refuses while paused: u201", () => {
    create();
    pause(true);
    refused(201);
  });

  test("refuses what has expired: u202", () => {
    create({ expires: now() + 600 });
    passBurnBlocks(2);
    refused(202);
  });

  test("refuses another amount than was asked for: u204", () => {
    create();
    refused(204, { amount: 49_999 });
    refused(204, { amount: 50_001 });
  });

  test("refuses what was paid: u205", () => {
    create();
    processPayment();
    assert.equal(processPayment().error, 205);
    assert.equal(balance(payer), 50_000n);
  });

  test("refuses a merchant who is no longer active: u206", () => {
    create();
    setMerchant(merchant, { active: false });
    refused(206);
  });

  test("refuses what nobody has asked for: u207", () => {
    refused(207);
    create();
    refused(207, { of: stranger });
    refused(207, { id: "00".repeat(16) });
  });

  test("passes on what sBTC says: u1, u2", () => {
    create({ amount: 100_001 });
    refused(1, { amount: 100_001 });
    create({ id: "11".repeat(16) });
    fund(merchant, 50_000);
    assert.equal(processPayment({ id: "11".repeat(16), sender: merchant }).error, 2);
  });
});
