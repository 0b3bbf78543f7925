// Every reason for which a transaction is not taken.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl, Pc, makeContractCall } from "@stacks/transactions";
import {
  accounts,
  call,
  contracts,
  deploy,
  fresh,
  nonce,
  run,
  sbtc,
  send,
  sendStx,
  sponsored,
  transfer,
} from "../kit/client.mjs";

const refused = async (transaction) => send(transaction, { status: 400 });
const bytesOf = (transaction) => Buffer.from(transaction.serializeBytes());

describe("a node refuses", () => {
  beforeEach(fresh);

  test("bytes that are no transaction: Deserialization", async () => {
    const good = bytesOf(await transfer("alice", "bob", 1));
    const cases = [
      Buffer.from("nothing"),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.from([0])]),
      Buffer.alloc(0),
    ];
    for (const bytes of cases) {
      const { error, reason } = await refused(bytes);
      assert.deepEqual([error, reason], ["transaction rejected", "Deserialization"]);
    }
  });

  test("a signature by another key, or over other words: SignatureValidation", async () => {
    const bytes = bytesOf(await transfer("alice", "bob", 1));
    const altered = Buffer.from(bytes);
    altered[altered.length - 30] ^= 1;
    const answer = await refused(altered);
    assert.equal(answer.reason, "SignatureValidation");
    assert.match(answer.txid, /^[0-9a-f]{64}$/);
    const cheaper = await transfer("alice", "bob", 1);
    cheaper.setFee(1999);
    assert.equal((await refused(cheaper)).reason, "SignatureValidation");
  });

  test("a sponsor who has not signed, or signed something else: SignatureValidation", async () => {
    const unsigned = await transfer("alice", "bob", 1, { sponsored: true, fee: 0 });
    assert.equal((await refused(unsigned)).reason, "SignatureValidation");
    const signed = await sponsored(await transfer("alice", "bob", 1, { sponsored: true, fee: 0 }));
    signed.auth.sponsorSpendingCondition.fee = 9999n;
    assert.equal((await refused(signed)).reason, "SignatureValidation");
  });

  test("the other form of a signature: SignatureValidation", async () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const transaction = await transfer("alice", "bob", 1);
    const { signature } = transaction.auth.spendingCondition;
    const s = order - BigInt(`0x${signature.data.slice(66)}`);
    const v = signature.data.startsWith("00") ? "01" : "00";
    signature.data = v + signature.data.slice(2, 66) + s.toString(16).padStart(64, "0");
    const answer = await refused(transaction);
    assert.deepEqual(
      [answer.reason, answer.reason_data.message],
      ["SignatureValidation", "high S"],
    );
  });

  test("transactions for the real network: BadTransactionVersion", async () => {
    const { private_key: senderKey } = accounts.alice;
    const [contractAddress, contractName] = sbtc.split(".");
    const mainnet = await makeContractCall({
      contractAddress,
      contractName,
      functionName: "get-name",
      functionArgs: [],
      senderKey,
      nonce: 0,
      fee: 2000,
      network: "mainnet",
      validateWithAbi: false,
    });
    assert.equal((await refused(mainnet)).reason, "BadTransactionVersion");
  });

  test("a nonce that was used: BadNonce", async () => {
    await run(await transfer("alice", "bob", 1));
    const { reason, reason_data } = await refused(await transfer("alice", "bob", 1, { nonce: 0 }));
    assert.equal(reason, "BadNonce");
    const { address: principal } = accounts.alice;
    assert.deepEqual(reason_data, { expected: 1, actual: 0, is_origin: true, principal });
  });

  test("a nonce more than 26 ahead of the next: TooMuchChaining", async () => {
    const { reason, reason_data } = await refused(await transfer("alice", "bob", 1, { nonce: 27 }));
    assert.equal(reason, "TooMuchChaining");
    assert.deepEqual([reason_data.expected, reason_data.actual], [26, 27]);
    await send(await transfer("alice", "bob", 1, { nonce: 26 }));
  });

  test("a nonce that waits already, for no higher fee: ConflictingNonceInMempool", async () => {
    await send(await transfer("alice", "bob", 1, { nonce: 0 }));
    const rival = await transfer("alice", "bob", 2, { nonce: 0 });
    assert.equal((await refused(rival)).reason, "ConflictingNonceInMempool");
  });

  test("less than a micro-STX per byte: FeeTooLow", async () => {
    const cheap = await transfer("alice", "bob", 1, { fee: 100 });
    const { reason, reason_data } = await refused(cheap);
    assert.equal(reason, "FeeTooLow");
    assert.deepEqual(reason_data, { expected: bytesOf(cheap).length, actual: 100 });
  });

  test("who cannot pay the fee, or what is sent: NotEnoughFunds", async () => {
    const rich = await transfer("alice", "bob", 1, { fee: 1_000_000_001 });
    const { reason, reason_data } = await refused(rich);
    assert.equal(reason, "NotEnoughFunds");
    assert.equal(BigInt(reason_data.actual), 1_000_000_000n);
    assert.equal(
      (await refused(await sendStx("alice", "bob", 1_000_000_000n))).reason,
      "NotEnoughFunds",
    );
  });

  test("calls of what is not there: NoSuchContract, NoSuchPublicFunction", async () => {
    const { address } = accounts.bob;
    assert.equal(
      (await refused(await call("alice", `${address}.nothing`, "pay", []))).reason,
      "NoSuchContract",
    );
    for (const name of ["nothing", "get-status", "check-owner"]) {
      assert.equal(
        (await refused(await call("alice", contracts.pay, name, []))).reason,
        "NoSuchPublicFunction",
      );
    }
  });

  test("arguments of the wrong number or type: BadFunctionArgument", async () => {
    const wrong = [[], [Cl.uint(1)], [Cl.int(1), Cl.none(), Cl.none(), Cl.none()]];
    for (const values of wrong) {
      assert.equal(
        (await refused(await call("alice", sbtc, "transfer", values))).reason,
        "BadFunctionArgument",
      );
    }
    const memo = await refused(await transfer("alice", "bob", 1, { memo: "00".repeat(35) }));
    assert.equal(memo.reason, "BadFunctionArgument");
  });

  test("a contract that is there: ContractAlreadyExists", async () => {
    await run(await deploy("alice", "one", "(define-constant A 1)"));
    assert.equal(
      (await refused(await deploy("alice", "one", "(define-constant A 2)"))).reason,
      "ContractAlreadyExists",
    );
  });

  test("STX to oneself, or none of it", async () => {
    const self = await refused(await sendStx("alice", "alice", 1n));
    assert.equal(self.reason, "TransferRecipientCannotEqualSender");
    assert.equal(
      (await refused(await sendStx("alice", "bob", 0n))).reason,
      "TransferAmountMustBePositive",
    );
  });

  test("STX to an address of the real network: BadAddressVersionByte", async () => {
    const other = await sendStx("alice", "SP000000000000000000002Q6VF78", 1n);
    assert.equal((await refused(other)).reason, "BadAddressVersionByte");
  });

  test("what is wrong in many ways for the first of them, in a node's order", async () => {
    await run(await deploy("alice", "one", "(define-constant A 1)"));
    const again = { nonce: 0, fee: 1_000_000_001 };
    const wrong = await sendStx("alice", "alice", 0n, { ...again, fee: 1 });
    const broken = await sendStx("alice", "bob", 1n, { nonce: 0, fee: 1 });
    broken.auth.spendingCondition.nonce = 9n;
    const reasons = [];
    for (const transaction of [
      wrong,
      broken,
      await sendStx("alice", "bob", 1n, { ...again, fee: 1 }),
      await sendStx("alice", "bob", 1n, again),
      await deploy("alice", "one", "(define-constant A 1)", again),
      await deploy("alice", "one", "(define-constant A 1)", { fee: 1_000_000_001 }),
      await deploy("alice", "one", "(define-constant A 1)"),
    ]) {
      reasons.push((await refused(transaction)).reason);
    }
    assert.deepEqual(reasons, [
      "TransferRecipientCannotEqualSender",
      "SignatureValidation",
      "FeeTooLow",
      "BadNonce",
      "BadNonce",
      "NotEnoughFunds",
      "ContractAlreadyExists",
    ]);
  });

  test("and nothing of it has an effect", async () => {
    await refused(
      await transfer("alice", "bob", 1, {
        fee: 1,
        postConditions: [Pc.origin().willSendEq(1).ustx()],
      }),
    );
    assert.equal(await nonce("alice"), 0);
  });
});
