// Attacks with what was signed once: again, elsewhere, altered.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import { PAY, balance, call, deploy, fresh, fund } from "../kit/chain.mjs";
import { merchant, otherMerchant, payer, publicKeyOf, stranger } from "../kit/people.mjs";
import { hashOf, pay, payArguments, signed, terms, trust } from "../kit/terms.mjs";

const SOURCE = readFileSync(
  new URL("../../contracts/stacktill-pay-v1.clar", import.meta.url),
  "utf8",
);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("signed terms", () => {
  beforeEach(async () => {
    await fresh();
    fund(payer, 1_000_000);
    trust();
  });

  test("are paid once, whoever pays", () => {
    fund(stranger, 100_000);
    assert.ok(pay(terms()).ok);
    assert.equal(pay(terms()).error, 106);
    assert.equal(pay(terms(), { sender: stranger }).error, 106);
  });

  test("are paid once, though two keys have signed them", () => {
    trust("new gateway");
    assert.ok(pay(terms()).ok);
    const again = { by: "new gateway", signature: signed(terms(), { by: "new gateway" }) };
    assert.equal(pay(terms(), again).error, 106);
  });

  test("are paid once, though a signature can be written in two ways", () => {
    const signature = signed(terms());
    const s = BigInt(`0x${signature.slice(64, 128)}`);
    const other = (ORDER - s).toString(16).padStart(64, "0");
    const flipped = signature.endsWith("00") ? "01" : "00";
    const malleated = signature.slice(0, 64) + other + flipped;
    assert.ok([105, undefined].includes(pay(terms(), { signature: malleated }).error));
    pay(terms());
    assert.ok([105, 106].includes(pay(terms(), { signature: malleated }).error));
    assert.equal(balance(payer), 950_000n);
  });

  test("cannot be altered in any part", () => {
    const given = terms();
    const signature = signed(given);
    const alterations = [
      { id: "00".repeat(16) },
      { merchant: stranger },
      { merchant: otherMerchant },
      { amount: 1 },
      { amount: given.amount + 1 },
      { fee: 0 },
      { feeTo: stranger },
      { expires: given.expires + 1 },
      { id: given.id.slice(2) },
      { merchant: `${stranger}.shop` },
    ];
    for (const change of alterations) {
      assert.equal(pay({ ...given, fee: 0, ...change }, { signature }).error, 105);
      if (!("fee" in change) && given.fee < (change.amount ?? given.amount)) {
        assert.equal(pay({ ...given, ...change }, { signature }).error, 105);
      }
    }
  });

  test("are good for no other contract with the same code, and its own are not good here", () => {
    const twin = deploy("stacktill-pay-v1", SOURCE, stranger);
    const key = Cl.bufferFromHex(publicKeyOf("gateway"));
    assert.ok(call(twin, "set-signer", [key, Cl.bool(true)], stranger).ok);
    assert.equal(pay(terms(), { contract: twin }).error, 105);
    const forTwin = signed(terms(), { contract: twin });
    assert.equal(pay(terms(), { signature: forTwin }).error, 105);
    assert.ok(pay(terms(), { contract: twin, signature: forTwin }).ok);
  });

  test("are good on no other chain", () => {
    assert.equal(pay(terms(), { signature: signed(terms(), { chainId: 1 }) }).error, 105);
  });

  test("are not mistaken for what the key signs for others", () => {
    for (const domain of [{ name: "stacktil1" }, { name: "stacktill2" }, { version: "2" }]) {
      assert.equal(pay(terms(), { signature: signed(terms(), domain) }).error, 105);
    }
  });

  test("of one id and two amounts are two payments: the id alone is nobody's", () => {
    assert.ok(pay(terms({ amount: 1000, fee: 0 })).ok);
    assert.ok(pay(terms()).ok);
    assert.equal(balance(merchant), 50_500n);
  });

  test("that failed can be paid later, in the same words", () => {
    assert.equal(pay(terms(), { sender: stranger }).error, 1);
    fund(stranger, 50_000);
    assert.ok(pay(terms(), { sender: stranger }).ok);
  });

  test("name their payment by their hash, as the gateway knows it beforehand", () => {
    assert.equal(pay(terms()).ok.value, hashOf(terms()));
    const [tuple, , signature] = payArguments(terms());
    const key = Cl.bufferFromHex(publicKeyOf("stranger"));
    assert.equal(call(PAY, "pay", [tuple, key, signature], payer).error, 104);
  });
});
