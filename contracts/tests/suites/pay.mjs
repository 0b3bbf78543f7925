// pay: what it moves, tells and keeps, and every way in which it refuses.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import {
  PAY,
  balance,
  call,
  fresh,
  fund,
  now,
  owner,
  passBurnBlocks,
  read,
  simnet,
} from "../kit/chain.mjs";
import { moved, plain, printed } from "../kit/events.mjs";
import { merchant, payer, platform, publicKeyOf, stranger } from "../kit/people.mjs";
import { hashOf, pay, payArguments, signed, terms, trust } from "../kit/terms.mjs";

const payment = (given) =>
  plain(read(PAY, "get-payment", [Cl.bufferFromHex(hashOf(given))]).result);

describe("pay", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
    trust();
  });

  test("moves the amount to the merchant and the fee to its recipient at once", () => {
    const { ok, events } = pay(terms());
    assert.equal(ok.value, hashOf(terms()));
    assert.deepEqual(moved(events), [
      { from: payer, to: merchant, sats: 49_500 },
      { from: payer, to: platform, sats: 500 },
    ]);
    assert.deepEqual([payer, merchant, platform].map(balance), [50_000n, 49_500n, 500n]);
  });

  test("tells everything an indexer needs in one event", () => {
    const given = terms();
    assert.deepEqual(printed(pay(given).events, PAY), [
      {
        topic: "paid",
        hash: hashOf(given),
        payer,
        id: given.id,
        merchant,
        amount: 50_000n,
        fee: 500n,
        "fee-to": platform,
        expires: BigInt(given.expires),
      },
    ]);
  });

  test("puts the id into the memo of both transfers", () => {
    const memos = pay(terms()).events.filter(({ data }) => data.contract_identifier !== PAY);
    const values = memos.filter(({ event }) => event === "print_event");
    assert.deepEqual(
      values.map(({ data }) => data.value.value),
      [terms().id, terms().id],
    );
  });

  test("keeps who paid and when", () => {
    const given = terms();
    assert.equal(payment(given), null);
    pay(given);
    assert.equal(payment(given).payer, payer);
    assert.ok(Math.abs(Number(payment(given).at) - now()) <= 20);
  });

  test("moves one transfer when there is no fee", () => {
    const { events } = pay(terms({ fee: 0 }));
    assert.deepEqual(moved(events), [{ from: payer, to: merchant, sats: 50_000 }]);
  });

  test("takes a fee of one sat", () => {
    const { events } = pay(terms({ fee: 1 }));
    assert.deepEqual(
      moved(events).map(({ to, sats }) => [to, sats]),
      [
        [merchant, 49_999],
        [platform, 1],
      ],
    );
  });

  test("takes a fee of all but one sat", () => {
    const { events } = pay(terms({ fee: 49_999 }));
    assert.deepEqual(
      moved(events).map(({ sats }) => sats),
      [1, 49_999],
    );
  });

  test("lets anybody pay for another", () => {
    fund(stranger, 50_000);
    assert.equal(moved(pay(terms(), { sender: stranger }).events)[0].from, stranger);
  });

  test("takes a signature without its recovery byte", () => {
    const given = terms();
    assert.ok(pay(given, { signature: signed(given).slice(0, 128) }).ok);
  });

  for (const epoch of ["3.4", "4.0"]) {
    test(`goes on in epoch ${epoch}`, () => {
      simnet.setEpoch(epoch);
      assert.equal(moved(pay(terms()).events).length, 2);
    });
  }

  test("hashes terms as SIP-018 says, and says the hash beforehand", () => {
    const { result } = read(PAY, "check", payArguments(terms()), payer);
    assert.equal(result.value.value, hashOf(terms()));
  });
});

describe("pay refuses", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 100_000);
    trust();
  });

  /** Neither `check` nor `pay` takes the terms, and nothing has moved. */
  function refused(given, error, options = {}) {
    const { result } = read(PAY, "check", payArguments(given, options), payer);
    assert.deepEqual([Number(result.value.value), pay(given, options).error], [error, error]);
    assert.deepEqual([payer, merchant, platform].map(balance), [100_000n, 0n, 0n]);
    assert.equal(payment(given), null);
  }

  test("while paused: u101", () => {
    call(PAY, "set-paused", [Cl.bool(true)], owner);
    refused(terms(), 101);
    call(PAY, "set-paused", [Cl.bool(false)], owner);
    assert.ok(pay(terms()).ok);
  });

  test("after the terms have expired: u102", () => {
    refused(terms({ expires: now() }), 102);
    const given = terms({ expires: now() + 600 });
    passBurnBlocks(2);
    refused(given, 102);
  });

  test("a fee of the amount or more, without a crash of the VM: u103", () => {
    refused(terms({ fee: 50_000 }), 103);
    refused(terms({ fee: 50_001 }), 103);
    refused(terms({ amount: 0, fee: 0 }), 103);
    refused(terms({ amount: 1n, fee: 2n ** 128n - 1n }), 103);
  });

  test("a key that nobody trusts, or no longer: u104", () => {
    refused(terms(), 104, { by: "stranger", signature: signed(terms(), { by: "stranger" }) });
    trust("gateway", false);
    refused(terms(), 104);
  });

  test("a signature by another key, or none at all: u105", () => {
    refused(terms(), 105, { signature: signed(terms(), { by: "stranger" }) });
    refused(terms(), 105, { signature: "00".repeat(65) });
    refused(terms(), 105, { signature: "" });
  });

  test("what was paid: u106", () => {
    const given = terms();
    assert.ok(read(PAY, "check", payArguments(given), payer).result.type === "ok");
    pay(given);
    const { result } = read(PAY, "check", payArguments(given), payer);
    assert.deepEqual([Number(result.value.value), pay(given).error], [106, 106]);
    assert.equal(balance(payer), 50_000n);
  });

  test("more than the payer has, as sBTC says it: u1", () => {
    assert.equal(pay(terms({ amount: 100_001 })).error, 1);
    assert.equal(pay(terms({ amount: 2n ** 128n - 1n })).error, 1);
    assert.equal(payment(terms({ amount: 100_001 })), null, "it can be paid later");
  });

  test("a fee that the payer has no more money for, and then moves nothing: u1", () => {
    assert.equal(pay(terms({ amount: 100_100, fee: 500 })).error, 1);
    assert.deepEqual([payer, merchant, platform].map(balance), [100_000n, 0n, 0n]);
  });

  test("a merchant, or a receiver of fees, that pays itself: u2", () => {
    fund(merchant, 50_000);
    fund(platform, 50_000);
    assert.equal(pay(terms(), { sender: merchant }).error, 2);
    assert.equal(pay(terms(), { sender: platform }).error, 2);
  });

  test("a key that is trusted but is none: u105", () => {
    const broken = Cl.bufferFromHex(`ff${publicKeyOf("gateway").slice(2)}`);
    assert.ok(call(PAY, "set-signer", [broken, Cl.bool(true)], owner).ok);
    const [tuple, , signature] = payArguments(terms());
    assert.equal(call(PAY, "pay", [tuple, broken, signature], payer).error, 105);
  });
});
