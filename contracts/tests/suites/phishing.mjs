// Attacks through a contract that the victim calls: whose name can it act in?
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
  owner,
  read,
} from "../kit/chain.mjs";
import { moved, plain, printed } from "../kit/events.mjs";
import {
  ID,
  create,
  distributionOf,
  fees,
  intentOf,
  merchantOf,
  paymentOf,
  processPayment,
  register,
  setFees,
} from "../kit/intents.mjs";
import { merchant, nextOwner, payer, platform, publicKeyOf, stranger } from "../kit/people.mjs";
import { hashOf, payArguments, terms, trust } from "../kit/terms.mjs";

/** A contract of the stranger with one public function, lure, that runs the given code. */
function lure(code) {
  return deploy("free-airdrop", `(define-public (lure) ${code})`, stranger);
}

describe("a contract that the owner is lured into calling", () => {
  beforeEach(fresh);

  const KEY = `0x${publicKeyOf("stranger")}`;
  const attempts = {
    "trusts no key": `(contract-call? '${PAY} set-signer ${KEY} true)`,
    "pauses nothing": `(contract-call? '${PAY} set-paused true)`,
    "offers nothing": `(contract-call? '${PAY} propose-owner (some '${stranger}))`,
    "sets no fees": `(contract-call? '${INTENTS} set-fees u1000 '${stranger})`,
    "sets no merchant": `(contract-call? '${INTENTS} set-merchant '${merchant} false u1000)`,
  };

  for (const [name, code] of Object.entries(attempts)) {
    test(name, () => {
      register();
      const { error } = call(lure(code), "lure", [], owner);
      assert.ok([100, 200].includes(error));
      const status = plain(read(PAY, "get-status", []).result);
      assert.deepEqual(status, { owner, "next-owner": null, paused: false });
      assert.deepEqual(fees(), { bps: 0n, to: owner });
      assert.equal(merchantOf(merchant).active, true);
    });
  }

  test("takes no offer in the name of who was offered", () => {
    call(PAY, "propose-owner", [Cl.some(Cl.principal(nextOwner))], owner);
    const contract = lure(`(contract-call? '${PAY} accept-owner)`);
    assert.equal(call(contract, "lure", [], nextOwner).error, 100);
  });
});

describe("a contract that a merchant or a platform is lured into calling", () => {
  beforeEach(fresh);

  test("registers itself, not them", () => {
    const contract = lure(`(contract-call? '${INTENTS} register-merchant none)`);
    const { events } = call(contract, "lure", [], merchant);
    assert.deepEqual(printed(events, INTENTS), [
      { topic: "merchant-registered", merchant: contract },
    ]);
    assert.equal(merchantOf(merchant), null);
    assert.equal(merchantOf(contract).active, true);
  });

  test("makes no intent in their name", () => {
    register();
    const id = `0x${"ab".repeat(16)}`;
    const contract = lure(
      `(contract-call? '${INTENTS} create-payment-intent ${id} u1 u9999999999)`,
    );
    assert.equal(call(contract, "lure", [], merchant).error, 206);
    assert.equal(intentOf(merchant, "ab".repeat(16)), null);
  });

  test("shares out none of their sats", () => {
    fund(merchant, 1000);
    const share = `(list { to: '${stranger}, amount: u1000 })`;
    const statement = `0x${"5a".repeat(32)}`;
    const contract = lure(`(contract-call? '${INTENTS} distribute-fees ${statement} ${share})`);
    assert.equal(call(contract, "lure", [], merchant).error, 209);
    assert.equal(balance(merchant), 1000n);
    assert.equal(distributionOf(merchant, "5a".repeat(32)), null);
  });
});

describe("a contract that a payer calls to pay", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
  });

  test("pays signed terms in the payer's name, and only what the terms say", () => {
    trust();
    const [tuple, key, signature] = payArguments(terms()).map((value) => Cl.stringify(value));
    const contract = lure(`(contract-call? '${PAY} pay ${tuple} ${key} ${signature})`);
    const { events } = call(contract, "lure", [], payer);
    assert.ok(moved(events).every(({ from }) => from === payer));
    assert.equal(printed(events, PAY)[0].payer, payer);
    const hash = Cl.bufferFromHex(hashOf(terms()));
    assert.equal(plain(read(PAY, "get-payment", [hash]).result).payer, payer);
    assert.deepEqual([payer, merchant].map(balance), [50_000n, 49_500n]);
  });

  test("pays an intent in the payer's name, and only what the intent says", () => {
    setFees(100, platform);
    register();
    create();
    const contract = lure(
      `(contract-call? '${INTENTS} process-payment '${merchant} 0x${ID} u50000)`,
    );
    const { events } = call(contract, "lure", [], payer);
    assert.deepEqual(moved(events), [
      { from: payer, to: merchant, sats: 49_500 },
      { from: payer, to: platform, sats: 500 },
    ]);
    assert.equal(printed(events, INTENTS)[0].payer, payer);
    assert.equal(paymentOf(merchant).payer, payer);
  });

  test("with a condition of the payer's, pays nothing else beside it", () => {
    register();
    create();
    const pays = `(contract-call? '${INTENTS} process-payment '${merchant} 0x${ID} u50000)`;
    const steals = `(contract-call? '${SBTC} transfer u1 tx-sender '${stranger} none)`;
    const contract = lure(`(begin (try! ${pays}) ${steals})`);
    const { events } = call(contract, "lure", [], payer);
    const sent = moved(events).reduce((sum, { sats }) => sum + sats, 0);
    assert.equal(sent, 50_001, "which is what a wallet that says 50000 refuses");
  });
});

describe("a contract owned by many", () => {
  beforeEach(fresh);

  test("can be the owner, and act as one", () => {
    const council = deploy(
      "council",
      `(define-public (take) (contract-call? '${PAY} accept-owner))
       (define-public (stop) (contract-call? '${PAY} set-paused true))`,
      stranger,
    );
    call(PAY, "propose-owner", [Cl.some(Cl.principal(council))], owner);
    const taken = call(council, "take", [], merchant);
    assert.deepEqual(printed(taken.events, PAY), [{ topic: "owner-changed", owner: council }]);
    assert.ok(call(council, "stop", [], merchant).ok);
    assert.equal(plain(read(PAY, "get-status", []).result).owner, council);
  });

  test("can be a merchant, under its own name, whoever calls it", () => {
    const shop = deploy(
      "shop",
      `(define-public (open) (contract-call? '${INTENTS} register-merchant none))
       (define-public (ask) (contract-call? '${INTENTS} create-payment-intent 0x${ID} u500 u9999999999))`,
      stranger,
    );
    assert.ok(call(shop, "open", [], merchant).ok);
    const [told] = printed(call(shop, "ask", [], merchant).events, INTENTS);
    assert.deepEqual([told.topic, told.merchant], ["intent-created", shop]);
    assert.equal(intentOf(merchant), null);
    fund(payer, 500);
    const paid = processPayment({ of: shop, amount: 500 });
    assert.deepEqual(moved(paid.events), [{ from: payer, to: shop, sats: 500 }]);
  });

  test("can pay with its own sats, and only within what it allows itself", () => {
    trust();
    const [tuple, key, signature] = payArguments(terms()).map((value) => Cl.stringify(value));
    const call1 = `(contract-call? '${PAY} pay ${tuple} ${key} ${signature})`;
    const token = "'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
    const vault = deploy(
      "vault",
      `(define-public (spend (most uint))
         (as-contract? ((with-ft ${token} "sbtc-token" most)) (try! ${call1})))`,
      stranger,
    );
    fund(vault, 60_000);
    assert.equal(call(vault, "spend", [Cl.uint(49_999)], payer).error, 0);
    assert.equal(balance(vault), 60_000n);
    assert.ok(call(vault, "spend", [Cl.uint(50_000)], payer).ok);
    assert.deepEqual([balance(vault), balance(payer)], [10_000n, 0n]);
  });
});
