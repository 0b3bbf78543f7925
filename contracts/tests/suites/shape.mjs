// What can be read off the contracts without running them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { INTENTS, PAY, SBTC, simnet } from "../kit/chain.mjs";

const FOLDER = new URL("../../contracts/", import.meta.url);
const sources = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), "utf8"));
const TOLD = readFileSync(
  new URL("../../../docs/explanation/contract.md", import.meta.url),
  "utf8",
);
const code = sources.map((source) => source.replaceAll(/;;.*/g, ""));

const functionsOf = (contract, access) =>
  simnet
    .getContractsInterfaces()
    .get(contract)
    .functions.filter((each) => each.access === access)
    .map(({ name }) => name)
    .sort();

describe("the shape of the contracts", () => {
  test("they offer these public functions and no others", () => {
    assert.deepEqual(functionsOf(PAY, "public"), [
      "accept-owner",
      "pay",
      "propose-owner",
      "set-paused",
      "set-signer",
    ]);
    assert.deepEqual(functionsOf(INTENTS, "public"), [
      "create-payment-intent",
      "distribute-fees",
      "process-payment",
      "register-merchant",
      "set-fees",
      "set-merchant",
    ]);
  });

  test("check takes what pay takes, to the byte", () => {
    const { functions } = simnet.getContractsInterfaces().get(PAY);
    const [check, pay] = ["check", "pay"].map(
      (wanted) => functions.find(({ name }) => name === wanted).args,
    );
    assert.deepEqual(check, pay);
    assert.deepEqual(pay[0].type.tuple.find(({ name }) => name === "id").type, {
      buffer: { length: 16 },
    });
  });

  test("no argument is a trait, so no payer can bring a token", () => {
    for (const contract of [PAY, INTENTS]) {
      const { functions } = simnet.getContractsInterfaces().get(contract);
      assert.ok(!JSON.stringify(functions).includes("trait_reference"), contract);
    }
    for (const text of code) assert.doesNotMatch(text, /use-trait|<[a-z-]+>/);
  });

  test("the contracts can act for nobody but the caller, and make no token of their own", () => {
    for (const text of code) {
      assert.doesNotMatch(text, /as-contract|restrict-assets|define-(non-)?fungible|stx-|ft-/);
    }
  });

  test("they call sBTC by its literal principal, one another, and nothing else", () => {
    const called = code.flatMap((text) => [...text.matchAll(/contract-call\?\s+(\S+)/g)]);
    const names = new Set(called.map((match) => match[1]));
    assert.deepEqual([...names].sort(), [`'${SBTC}`, ".stacktill-pay-v1"]);
  });

  test("every function that moves money writes into its books before", () => {
    const bodies = code.flatMap((text) => text.split("(define-"));
    const moving = bodies.filter((body) => body.includes("contract-call? 'SM"));
    const names = moving.map((body) => body.match(/^public \(([a-z-]+)/)[1]);
    assert.deepEqual(names, ["process-payment", "distribute-fees", "pay"]);
    for (const body of moving) {
      assert.ok(body.search(/\(map-(set|insert)/) < body.indexOf("contract-call? 'SM"));
      assert.doesNotMatch(body.slice(body.indexOf("contract-call? 'SM")), /\(map-|\(var-set/);
    }
  });

  test("only the owner's rights go by contract-caller, only money by tx-sender", () => {
    const [intents, pay] = code;
    assert.match(pay, /\(is-eq contract-caller \(var-get owner\)\)/);
    for (const text of [intents, pay]) assert.doesNotMatch(text, /is-eq tx-sender/);
  });

  test("the errors of the two have numbers of their own, which the documentation tells", () => {
    const numbersIn = (text, pattern) => [...new Set(text.match(pattern))].sort();
    const [intents, pay] = code.map((text) => numbersIn(text, /(?<=\(err )u\d+/g));
    assert.deepEqual(pay, numbersIn(TOLD, /(?<=`)u1\d\d(?=`)/g));
    assert.deepEqual(intents, numbersIn(TOLD, /(?<=`)u2\d\d(?=`)/g));
  });

  test("the documentation names the files of these tests that there are", () => {
    const named = new Set([...TOLD.matchAll(/`([a-z]+\.mjs)`/g)].map((match) => match[1]));
    const there = new Set(readdirSync(new URL("./", import.meta.url)));
    assert.ok(named.size > 5);
    assert.deepEqual(
      [...named].filter((name) => !there.has(name)),
      [],
    );
  });

  test("what they tell has the topics that the documentation names", () => {
    for (const text of code) {
      for (const [, topic] of text.matchAll(/topic: "([a-z-]+)"/g)) {
        assert.ok(TOLD.includes(`\`${topic}\``), topic);
      }
    }
  });
});
