// What calls cost on the chain, held to the figures in costs.json. UPDATE_COSTS=1 writes them anew.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import { PAY, SBTC, call, fresh, fund, owner, simnet } from "../kit/chain.mjs";
import { create, distribute, processPayment, register, setFees } from "../kit/intents.mjs";
import { merchant, nextOwner, payer, platform } from "../kit/people.mjs";
import { pay, terms, trust } from "../kit/terms.mjs";

const FILE = new URL("../../costs.json", import.meta.url);
const TOLERANCE = 0.02;

// What a prototype of `pay` cost when it was judged good enough, and how far from it we may be.
const PROTOTYPE = { runtime: 92_278, readCount: 18, writeCount: 5, readLength: 11_900 };
const ALLOWANCE = 1.1;

/** One call of each kind, in an order in which all succeed. */
function calls() {
  const shares = (count) => Array.from({ length: count }, () => [merchant, 10]);
  const offer = [Cl.some(Cl.principal(nextOwner))];
  const transfer = [
    Cl.uint(5),
    Cl.principal(payer),
    Cl.principal(merchant),
    Cl.some(Cl.bufferFromHex("00")),
  ];
  return {
    "sbtc transfer with memo": call(SBTC, "transfer", transfer, payer),
    "set-signer": trust(),
    pay: pay(terms()),
    "pay without fee": pay(terms({ fee: 0 })),
    "set-fees": setFees(100, platform),
    "register-merchant": register(),
    "create-payment-intent": create(),
    "process-payment": processPayment(),
    "distribute-fees to 2": distribute("01".repeat(32), shares(2), payer),
    "distribute-fees to 100": distribute("02".repeat(32), shares(100), payer),
    "propose-owner": call(PAY, "propose-owner", offer, owner),
    "accept-owner": call(PAY, "accept-owner", [], nextOwner),
    "set-paused": call(PAY, "set-paused", [Cl.bool(true)], nextOwner),
  };
}

describe("costs", () => {
  const measured = {};

  before(async () => {
    await fresh();
    fund(payer, 1_000_000);
    for (const [name, answer] of Object.entries(calls())) {
      assert.ok(answer.ok, `${name} fails with ${answer.error}`);
      measured[name] = answer.costs;
    }
    if (process.env.UPDATE_COSTS) {
      writeFileSync(FILE, `${JSON.stringify(measured, null, 2)}\n`);
    }
  });

  test("are those that were recorded", () => {
    const recorded = JSON.parse(readFileSync(FILE, "utf8"));
    assert.deepEqual(Object.keys(measured), Object.keys(recorded));
    for (const [name, costs] of Object.entries(recorded)) {
      for (const [unit, figure] of Object.entries(costs)) {
        const is = measured[name][unit];
        const message = `${name}: ${unit} is ${is}, recorded is ${figure}`;
        assert.ok(Math.abs(is - figure) <= figure * TOLERANCE, message);
      }
    }
  });

  /** Costs of `pay` are within a tenth of the prototype's, in every unit that was measured then. */
  function assertNear(costs) {
    for (const [unit, figure] of Object.entries(PROTOTYPE)) {
      const is = costs[unit];
      assert.ok(is <= figure * ALLOWANCE, `pay: ${unit} is ${is}, the prototype's was ${figure}`);
    }
  }

  test("of pay are within a tenth of the prototype's", () => assertNear(measured.pay));

  for (const epoch of ["3.3", "4.0"]) {
    test(`of pay are so in epoch ${epoch}, too`, async () => {
      await fresh();
      simnet.setEpoch(epoch);
      fund(payer, 1_000_000);
      trust();
      assertNear(pay(terms()).costs);
    });
  }
});
