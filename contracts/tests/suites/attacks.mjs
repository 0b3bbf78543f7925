// Attacks on what an indexer believes, on ids, on the order of writing and moving, and on sums.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import {
  INTENTS,
  PAY,
  SBTC,
  balance,
  call,
  deploy,
  fresh,
  fund,
  now,
  owner,
  passBurnBlocks,
  simnet,
} from "../kit/chain.mjs";
import { moved, printed } from "../kit/events.mjs";
import {
  ID,
  create,
  distribute,
  intentOf,
  processPayment,
  register,
  setFees,
  setMerchant,
} from "../kit/intents.mjs";
import { merchant, otherMerchant, payer, platform, stranger } from "../kit/people.mjs";
import { asTuple, pay, payArguments, terms, trust } from "../kit/terms.mjs";

describe("look-alikes", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
    trust();
  });

  test("another contract that prints the same words is not believed", () => {
    const words = Cl.stringify(asTuple(terms()));
    const fake = deploy(
      "stacktill-pay-v1",
      `(define-public (pay) (begin
         (print (merge ${words} { topic: "paid", hash: 0x00, payer: tx-sender }))
         (ok true)))`,
      stranger,
    );
    const { events } = call(fake, "pay", [], payer);
    assert.equal(printed(events, fake).length, 1);
    assert.deepEqual(printed(events, PAY), []);
    assert.deepEqual(moved(events), []);
  });

  test("another token of the same name moves no sBTC, and cannot be brought along", () => {
    const fake = deploy(
      "sbtc-token",
      `(define-fungible-token sbtc-token)
       (define-public (transfer (amount uint) (to principal)) (begin
         (try! (ft-mint? sbtc-token amount tx-sender))
         (ft-transfer? sbtc-token amount tx-sender to)))`,
      stranger,
    );
    const { events } = call(fake, "transfer", [Cl.uint(50_000), Cl.principal(merchant)], payer);
    assert.equal(events.filter(({ event }) => event === "ft_transfer_event").length, 1);
    assert.deepEqual(moved(events), []);
    assert.equal(balance(merchant), 0n);
  });
});

describe("ids of others", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
    fund(stranger, 100_000);
    trust();
  });

  test("cannot be squatted: who has not the key cannot pay one sat for an order", () => {
    const cheap = terms({ amount: 1, fee: 0 });
    const { error } = pay(cheap, { sender: stranger, by: "stranger" });
    assert.equal(error, 104);
    assert.ok(pay(terms()).ok, "and the order can still be paid");
  });

  test("can be in front of the payer in the queue, and then the order is paid all the same", () => {
    assert.ok(pay(terms(), { sender: stranger }).ok);
    assert.equal(pay(terms()).error, 106);
    assert.deepEqual([balance(payer), balance(merchant)], [100_000n, 49_500n]);
  });

  test("of intents on chain belong to one merchant each", () => {
    register(merchant);
    register(otherMerchant);
    assert.ok(create({ sender: otherMerchant, amount: 1 }).ok);
    assert.ok(create({ sender: merchant }).ok);
    processPayment({ of: otherMerchant, amount: 1 });
    assert.deepEqual([balance(merchant), balance(otherMerchant)], [0n, 1n]);
    assert.ok(processPayment().ok);
    assert.equal(intentOf(otherMerchant, ID).amount, 1n);
  });
});

describe("order and time", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
    trust();
  });

  /** A contract that pays the same terms twice in one transaction, the second time by force or not. */
  function twice(second) {
    const [tuple, key, signature] = payArguments(terms()).map((value) => Cl.stringify(value));
    const once = `(contract-call? '${PAY} pay ${tuple} ${key} ${signature})`;
    return deploy(
      "twice",
      `(define-public (run) (begin (try! ${once}) ${second(once)}))`,
      stranger,
    );
  }

  test("two payments of the same terms in one transaction: none is made", () => {
    const contract = twice((once) => once);
    assert.equal(call(contract, "run", [], payer).error, 106);
    assert.deepEqual([balance(payer), balance(merchant)], [100_000n, 0n]);
  });

  test("two payments of which the second may fail: one is made", () => {
    const contract = twice((once) => `(ok (is-ok ${once}))`);
    assert.equal(call(contract, "run", [], payer).ok.type, "false");
    assert.deepEqual([balance(payer), balance(merchant)], [50_000n, 49_500n]);
  });

  test("a merchant that is a contract gets money and no control", () => {
    const shop = deploy("shop", `(define-read-only (anything) (ok u1))`, stranger);
    assert.deepEqual(moved(pay(terms({ merchant: shop })).events)[0], {
      from: payer,
      to: shop,
      sats: 49_500,
    });
  });

  test("terms that are mined too late leave the payer the sats", () => {
    const given = terms({ expires: now() + 900 });
    passBurnBlocks(1);
    assert.ok(now() < given.expires);
    passBurnBlocks(1);
    assert.equal(pay(given).error, 102);
    assert.equal(balance(payer), 100_000n);
  });

  test("terms are good until the second before they expire", () => {
    assert.ok(pay(terms({ expires: now() + 11 })).ok, "the next block is ten seconds later");
    assert.equal(pay(terms({ expires: now() + 10 })).error, 102);
  });
});

describe("sums", () => {
  beforeEach(async () => {
    await fresh();
    trust();
  });

  const HUGE = 2n ** 128n - 1n;

  test("of any size never crash the VM", () => {
    fund(payer, 10);
    for (const amount of [0n, 1n, 2n, HUGE - 1n, HUGE]) {
      for (const fee of [0n, 1n, 2n, HUGE - 1n, HUGE]) {
        const { error } = pay(terms({ amount, fee, feeTo: platform }));
        assert.ok(fee < amount ? [undefined, 1, 106].includes(error) : error === 103);
      }
    }
    register();
    assert.equal(create({ amount: HUGE }).error, 204);
    assert.equal(processPayment({ amount: HUGE }).error, 207);
  });

  test("never stay behind in a contract", () => {
    fund(payer, 100_000);
    register();
    create({ amount: 777 });
    processPayment({ amount: 777 });
    pay(terms());
    assert.deepEqual([PAY, INTENTS].map(balance), [0n, 0n]);
  });

  test("that somebody sends to a contract are lost, and not the owner's", async () => {
    fund(PAY, 700);
    fund(INTENTS, 700);
    register();
    create({ amount: 10 });
    const mine = terms({ merchant: owner, feeTo: owner, amount: 10, fee: 1 });
    fund(payer, 100);
    pay(mine, { sender: payer });
    processPayment({ amount: 10 });
    setFees(1000, owner);
    call(PAY, "set-paused", [Cl.bool(false)], owner);
    distribute("00", [[owner, 700]], owner);
    assert.deepEqual([PAY, INTENTS].map(balance), [700n, 700n]);
    const given = [Cl.uint(700), Cl.principal(PAY), Cl.principal(owner), Cl.none()];
    assert.equal(call(SBTC, "transfer", given, owner).error, 4);
  });

  test("of an attack on distribute-fees overflow into a refusal, not into money", () => {
    fund(payer, 10);
    const list = Cl.list(
      [HUGE, HUGE].map((amount) =>
        Cl.tuple({ to: Cl.principal(stranger), amount: Cl.uint(amount) }),
      ),
    );
    const run = () => call(INTENTS, "distribute-fees", [Cl.bufferFromHex("00"), list], payer);
    assert.throws(run, "the VM stops the transaction");
    assert.deepEqual([balance(payer), balance(stranger)], [10n, 0n]);
  });
});

describe("stolen keys", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
    trust();
    setFees(100, platform);
    register();
    create();
  });

  test("of the gateway sign terms, but move nobody's sats and change nothing", () => {
    const mine = terms({ merchant: stranger, feeTo: stranger });
    assert.equal(pay(mine, { sender: stranger }).error, 2, "he can only pay himself");
    assert.equal(pay(terms({ merchant: otherMerchant }), { sender: stranger }).error, 1);
    assert.equal(balance(payer), 100_000n);
    trust("gateway", false);
    assert.equal(pay(mine).error, 104, "and not for long");
  });

  test("of the owner pause and trust, but move no sats and change no terms", () => {
    trust("stranger");
    setFees(1000, stranger);
    setMerchant(merchant, { bps: 1000 });
    assert.deepEqual([intentOf(merchant).fee, intentOf(merchant)["fee-to"]], [500n, platform]);
    assert.deepEqual(
      moved(processPayment().events).map(({ to }) => to),
      [merchant, platform],
    );
    assert.deepEqual(
      moved(pay(terms()).events).map(({ to }) => to),
      [merchant, platform],
    );
    assert.equal(balance(stranger), 0n);
  });

  test("of the owner can keep the contracts for good, and even then nobody's sats", () => {
    const offer = Cl.some(Cl.principal(stranger));
    assert.ok(call(PAY, "propose-owner", [offer], owner).ok);
    assert.ok(call(PAY, "accept-owner", [], stranger).ok);
    assert.equal(call(PAY, "set-paused", [Cl.bool(false)], owner).error, 100);
    assert.equal(setFees(0, owner).error, 200);
    assert.ok(call(PAY, "set-paused", [Cl.bool(true)], stranger).ok);
    assert.equal(pay(terms()).error, 101);
    assert.equal(processPayment().error, 201);
    assert.ok(call(PAY, "set-paused", [Cl.bool(false)], stranger).ok);
    assert.ok(setMerchant(merchant, { active: false, sender: stranger }).ok);
    assert.equal(processPayment().error, 206);
    assert.equal(balance(payer), 100_000n);
    const plain = [Cl.uint(10), Cl.principal(payer), Cl.principal(merchant), Cl.none()];
    assert.ok(call(SBTC, "transfer", plain, payer).ok, "and there is always the plain transfer");
  });

  test("of the deployer are worth nothing when the owner is another", () => {
    call(PAY, "propose-owner", [Cl.some(Cl.principal(platform))], owner);
    call(PAY, "accept-owner", [], platform);
    assert.equal(call(PAY, "propose-owner", [Cl.some(Cl.principal(owner))], owner).error, 100);
    assert.equal(trust("stranger").error, 100);
    assert.equal(setMerchant(merchant, { active: false }).error, 200);
    assert.throws(() => simnet.deployContract("stacktill-pay-v1", "(ok 1)", null, owner));
  });
});
