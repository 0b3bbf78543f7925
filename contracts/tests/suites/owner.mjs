// The owner: keys, pause, and the two steps to another owner.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import { PAY, call, fresh, fund, owner, read } from "../kit/chain.mjs";
import { plain, printed } from "../kit/events.mjs";
import { nextOwner, payer, publicKeyOf, stranger } from "../kit/people.mjs";
import { pay, signed, terms, trust } from "../kit/terms.mjs";

const KEY = Cl.bufferFromHex(publicKeyOf("gateway"));
const status = () => plain(read(PAY, "get-status", []).result);
const some = (principal) => Cl.some(Cl.principal(principal));

describe("the owner", () => {
  beforeEach(fresh);

  test("is who deployed", () => {
    assert.deepEqual(status(), { owner, "next-owner": null, paused: false });
  });

  test("rotates keys: for a while both are good, then only the new one", () => {
    fund(payer, 500_000);
    trust("gateway");
    const { events } = trust("new gateway");
    const key = publicKeyOf("new gateway");
    assert.deepEqual(printed(events, PAY), [{ topic: "signer-set", key, trusted: true }]);
    const paidBy = (by, id) => {
      const given = terms({ id: id.repeat(16), amount: 1000, fee: 0 });
      return pay(given, { by, signature: signed(given, { by }) });
    };
    assert.ok(paidBy("gateway", "a1").ok);
    assert.ok(paidBy("new gateway", "b2").ok);
    trust("gateway", false);
    assert.equal(paidBy("gateway", "c3").error, 104);
    assert.ok(paidBy("new gateway", "d4").ok);
    assert.ok(read(PAY, "is-signer", [Cl.bufferFromHex(key)]).result.type === "true");
    assert.ok(read(PAY, "is-signer", [KEY]).result.type === "false");
  });

  test("cannot trust what has not the length of a key: u104", () => {
    const short = Cl.bufferFromHex(publicKeyOf("gateway").slice(2));
    assert.equal(call(PAY, "set-signer", [short, Cl.bool(true)], owner).error, 104);
  });

  test("pauses and goes on, and says so", () => {
    const { events } = call(PAY, "set-paused", [Cl.bool(true)], owner);
    assert.deepEqual(printed(events, PAY), [{ topic: "paused-set", paused: true }]);
    assert.equal(status().paused, true);
    call(PAY, "set-paused", [Cl.bool(false)], owner);
    assert.equal(status().paused, false);
  });

  test("hands over in two steps", () => {
    const proposed = call(PAY, "propose-owner", [some(nextOwner)], owner);
    const offer = { topic: "owner-proposed", "next-owner": nextOwner };
    assert.deepEqual(printed(proposed.events, PAY), [offer]);
    assert.deepEqual(status(), { owner, "next-owner": nextOwner, paused: false });
    assert.ok(call(PAY, "set-paused", [Cl.bool(false)], owner).ok, "until it is accepted");

    const accepted = call(PAY, "accept-owner", [], nextOwner);
    assert.deepEqual(printed(accepted.events, PAY), [{ topic: "owner-changed", owner: nextOwner }]);
    assert.deepEqual(status(), { owner: nextOwner, "next-owner": null, paused: false });
    assert.equal(call(PAY, "set-paused", [Cl.bool(true)], owner).error, 100);
    assert.ok(call(PAY, "set-paused", [Cl.bool(true)], nextOwner).ok);
    assert.equal(call(PAY, "accept-owner", [], nextOwner).error, 100, "an offer is good once");
  });

  test("takes an offer back, and replaces one", () => {
    call(PAY, "propose-owner", [some(stranger)], owner);
    call(PAY, "propose-owner", [Cl.none()], owner);
    assert.equal(call(PAY, "accept-owner", [], stranger).error, 100);
    call(PAY, "propose-owner", [some(stranger)], owner);
    call(PAY, "propose-owner", [some(nextOwner)], owner);
    assert.equal(call(PAY, "accept-owner", [], stranger).error, 100);
    assert.ok(call(PAY, "accept-owner", [], nextOwner).ok);
  });

  test("is told true when it is obeyed", () => {
    const offer = call(PAY, "propose-owner", [some(nextOwner)], owner);
    const pause = call(PAY, "set-paused", [Cl.bool(false)], owner);
    const accepted = call(PAY, "accept-owner", [], nextOwner);
    for (const { ok } of [offer, pause, accepted, trust("gateway", false, nextOwner)]) {
      assert.equal(ok.type, "true");
    }
  });

  test("is nobody else: u100", () => {
    call(PAY, "propose-owner", [some(nextOwner)], owner);
    for (const sender of [stranger, nextOwner, payer]) {
      assert.equal(call(PAY, "set-signer", [KEY, Cl.bool(true)], sender).error, 100);
      assert.equal(call(PAY, "set-paused", [Cl.bool(true)], sender).error, 100);
      assert.equal(call(PAY, "propose-owner", [some(sender)], sender).error, 100);
    }
    assert.equal(call(PAY, "accept-owner", [], stranger).error, 100);
    assert.equal(call(PAY, "accept-owner", [], owner).error, 100);
    assert.deepEqual(status(), { owner, "next-owner": nextOwner, paused: false });
  });
});
