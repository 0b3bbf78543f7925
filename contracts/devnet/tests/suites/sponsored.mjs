// Sponsored transactions: another account's nonce and STX, its signature, and its place in the mempool.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { PostConditionMode, serializeAuthorizationBytes } from "@stacks/transactions";
import {
  accounts,
  fresh,
  get,
  mine,
  nonce,
  post,
  sats,
  send,
  sendStx,
  shown,
  sponsored,
  stx,
  transfer,
} from "../kit/client.mjs";

const FREE = { sponsored: true, fee: 0 };
const BYTES_BEFORE_AUTH = 5;

/** Alice's transfer, or somebody else's, with its fee paid. */
const helped = async (options = {}, { from = "alice", ...more } = {}) =>
  sponsored(await transfer(from, "bob", 1, { ...FREE, ...more }), options);

const refusal = async (transaction) => {
  const { reason, reason_data: data } = await send(transaction, { status: 400 });
  return { reason, ...data };
};

const minedNow = async () => (await mine())[0].transactions.map(({ txid }) => txid);

describe("sponsored transactions", () => {
  beforeEach(fresh);

  test("cost their sponsor STX and a nonce, and their sender a nonce alone", async () => {
    const before = [await stx("alice"), await stx("sponsor")];
    const txid = await send(await helped({ fee: 4321 }));
    assert.deepEqual(await minedNow(), [txid]);
    const { sender, sponsor, fee_rate: fee } = await shown(txid);
    assert.deepEqual(
      [sender.address, sponsor.address, sponsor.nonce, fee],
      [accounts.alice.address, accounts.sponsor.address, 0, "4321"],
    );
    assert.deepEqual([await stx("alice"), await stx("sponsor")], [before[0], before[1] - 4321]);
    assert.deepEqual([await nonce("alice"), await nonce("sponsor")], [1, 1]);
  });

  test("cost the same when they move nothing", async () => {
    const before = await stx("sponsor");
    const bound = { postConditionMode: PostConditionMode.Deny, postConditions: [] };
    const txid = await send(await helped({}, bound));
    await mine();
    assert.equal((await shown(txid)).status, "abort_by_post_condition");
    assert.deepEqual([await nonce("alice"), await nonce("sponsor")], [1, 1]);
    assert.equal(await stx("sponsor"), before - 3000);
    assert.equal(await sats("bob"), 1_000_000_000);
  });

  test("are the same when they come twice", async () => {
    const transaction = await helped();
    assert.equal(await send(transaction), await send(transaction));
    assert.equal((await minedNow()).length, 1);
  });

  test("say whose nonce is wrong", async () => {
    await send(await helped());
    await mine();
    const theirs = await refusal(await helped({ nonce: 0 }));
    assert.deepEqual(theirs, {
      reason: "BadNonce",
      expected: 1,
      actual: 0,
      is_origin: false,
      principal: accounts.sponsor.address,
    });
    const own = await refusal(await helped({}, { nonce: 0 }));
    assert.deepEqual([own.is_origin, own.principal], [true, accounts.alice.address]);
    const far = await refusal(await helped({ nonce: 40 }));
    assert.deepEqual([far.reason, far.is_origin], ["TooMuchChaining", false]);
  });

  test("need a sponsor who can pay", async () => {
    const { reason, expected } = await refusal(await helped({ fee: 2_000_000_000 }));
    assert.equal(reason, "NotEnoughFunds");
    assert.equal(BigInt(expected), 2_000_000_000n);
  });

  test("hold no byte of their sponsor's that may be another", async () => {
    const transaction = await helped();
    const bytes = Buffer.from(transaction.serializeBytes());
    const end = BYTES_BEFORE_AUTH + serializeAuthorizationBytes(transaction.auth).length;
    const start = end - 103; // What a single key's condition takes.
    for (let place = start; place < end; place += 1) {
      const altered = Buffer.from(bytes);
      altered[place] ^= 0x04;
      const { reason } = await refusal(altered);
      assert.ok(["SignatureValidation", "Deserialization"].includes(reason), `${place}: ${reason}`);
    }
    assert.equal((await minedNow()).length, 0);
  });

  test("are replaced by a dearer one of the same sender", async () => {
    const first = await send(await helped({ nonce: 0 }, { nonce: 0 }));
    const cheap = await refusal(await helped({ nonce: 1, fee: 3000 }, { nonce: 0 }));
    assert.equal(cheap.reason, "ConflictingNonceInMempool");
    const second = await send(await helped({ nonce: 1, fee: 3001 }, { nonce: 0 }));
    assert.equal((await shown(first)).status, "dropped_replace_by_fee");
    assert.deepEqual(await minedNow(), [], "nothing has the sponsor's first nonce now");
    const filling = await send(await helped({ nonce: 0 }, { from: "carol" }));
    assert.deepEqual(await minedNow(), [filling, second]);
  });

  test("are replaced by their sender's own", async () => {
    const first = await send(await helped({}, { nonce: 0 }));
    const own = await send(await sendStx("alice", "bob", 1n, { nonce: 0, fee: 3001 }));
    assert.equal((await shown(first)).status, "dropped_replace_by_fee");
    assert.deepEqual(await minedNow(), [own]);
    assert.deepEqual([await nonce("alice"), await nonce("sponsor")], [1, 0]);
  });

  test("compete for their sponsor's nonce", async () => {
    const first = await send(await helped({ nonce: 0 }));
    const rival = { from: "carol" };
    assert.equal(
      (await refusal(await helped({ nonce: 0, fee: 3000 }, rival))).reason,
      "ConflictingNonceInMempool",
    );
    const second = await send(await helped({ nonce: 0, fee: 3001 }, rival));
    assert.equal((await shown(first)).status, "dropped_replace_by_fee");
    const own = await send(await sendStx("sponsor", "bob", 1n, { nonce: 0, fee: 3002 }));
    assert.equal((await shown(second)).status, "dropped_replace_by_fee");
    assert.deepEqual(await minedNow(), [own]);
  });

  test("wait behind a nonce that is missing, and the API tells which", async () => {
    const later = await send(await helped({ nonce: 1 }));
    assert.deepEqual(await minedNow(), []);
    const { mempool } = await get(`/extended/v3/principals/${accounts.sponsor.address}/nonces`);
    assert.deepEqual([mempool.pending_nonces, mempool.missing_nonces], [[1], [0]]);
    const sooner = await send(await helped({ nonce: 0 }, { from: "carol" }));
    assert.deepEqual(await minedNow(), [sooner, later]);
  });

  test("give everything back in a fork, and wait again", async () => {
    const before = await stx("sponsor");
    const txid = await send(await helped());
    await mine();
    await post("/devnet/reorg", { depth: 1 });
    assert.deepEqual([await nonce("alice"), await nonce("sponsor")], [0, 0]);
    assert.equal(await stx("sponsor"), before);
    assert.equal((await get(`/v2/transactions/unconfirmed/${txid}`)).status, "Mempool");
    assert.deepEqual(await minedNow(), [txid]);
    assert.equal(await stx("sponsor"), before - 3000);
  });
});
