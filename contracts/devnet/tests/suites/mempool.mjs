// What waits: order, replacement, gaps, and transactions that are given up.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
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
  transfer,
} from "../kit/client.mjs";

const noncesOf = (name) => get(`/extended/v3/principals/${accounts[name].address}/nonces`);
const waitingFor = async (name) =>
  (await get(`/extended/v3/principals/${accounts[name].address}/mempool/transactions`)).results;

describe("the mempool", () => {
  beforeEach(fresh);

  test("lets a higher fee take a transaction's place", async () => {
    const first = await send(await transfer("alice", "bob", 1, { nonce: 0 }));
    const second = await send(await transfer("alice", "carol", 2, { nonce: 0, fee: 2001 }));
    const { status, replaced_by_tx_id: by } = await shown(first);
    assert.deepEqual([status, by], ["dropped_replace_by_fee", `0x${second}`]);
    const [block] = await mine();
    assert.deepEqual(
      block.transactions.map(({ txid }) => txid),
      [second],
    );
    assert.equal((await shown(first)).status, "dropped_replace_by_fee");
  });

  test("keeps what is ahead of its turn until the gap is filled", async () => {
    const later = await send(await transfer("alice", "bob", 1, { nonce: 1 }));
    assert.equal((await mine())[0].transactions.length, 0);
    assert.deepEqual((await noncesOf("alice")).mempool, {
      last_nonce: 1,
      pending_nonces: [1],
      missing_nonces: [0],
    });
    assert.equal((await noncesOf("alice")).next_nonce, 0);
    const sooner = await send(await transfer("alice", "bob", 1, { nonce: 0 }));
    const [block] = await mine();
    assert.deepEqual(
      block.transactions.map(({ txid }) => txid),
      [sooner, later],
    );
    assert.deepEqual((await noncesOf("alice")).next_nonce, 2);
    assert.equal((await noncesOf("alice")).last_confirmed_nonce, 1);
  });

  test("keeps what cannot be paid for until it can", async () => {
    const dear = await send(await transfer("carol", "bob", 1, { fee: 600_000_000 }));
    const second = await send(await sendStx("carol", "bob", 500_000_000n));
    assert.deepEqual(
      (await mine())[0].transactions.map(({ txid }) => txid),
      [dear],
    );
    assert.equal((await shown(second)).status, "pending");
    await send(await sendStx("alice", "carol", 200_000_000n));
    await mine();
    assert.deepEqual(
      (await mine())[0].transactions.map(({ txid }) => txid),
      [second],
    );
  });

  test("gives up what it is told to, and can be asked about it", async () => {
    const txid = await send(await transfer("alice", "bob", 1));
    await post("/devnet/drop", { txid, reason: "stale_garbage_collect" });
    assert.equal((await shown(txid)).status, "dropped_stale_garbage_collect");
    assert.equal((await mine())[0].transactions.length, 0);
    assert.equal(await nonce("alice"), 0);
    await send(await transfer("alice", "bob", 1));
    assert.equal((await mine())[0].transactions.length, 1, "the same one again");
  });

  test("puts into a block, unrun, what a node finds problematic", async () => {
    const txid = await send(await transfer("alice", "bob", 1000));
    await post("/devnet/skip", { txid });
    await mine();
    assert.equal((await shown(txid)).status, "problematic_skipped");
    assert.deepEqual([await sats("bob"), await nonce("alice")], [1_000_000_000, 1]);
  });

  test("lists what waits for a sender, a sponsor or a contract", async () => {
    const txid = await send(
      await sponsored(await transfer("alice", "bob", 1, { sponsored: true, fee: 0 })),
    );
    for (const name of ["alice", "sponsor"]) {
      assert.deepEqual(
        (await waitingFor(name)).map(({ tx_id: id }) => id),
        [`0x${txid}`],
      );
    }
    assert.deepEqual(await waitingFor("bob"), []);
  });

  test("holds more than a block can, and mines the rest in the next", async () => {
    const names = [
      "alice",
      "bob",
      "carol",
      "merchant",
      "other_merchant",
      "platform",
      "faucet",
      "deployer",
      "gateway",
    ];
    for (let count = 0; count < 25; count += 1) {
      for (const name of names)
        await send(await transfer(name, name === "bob" ? "alice" : "bob", 1, { nonce: count }));
    }
    const blocks = await mine({ count: 2 });
    assert.deepEqual(
      blocks.map(({ transactions }) => transactions.length),
      [200, 25],
    );
    assert.ok(
      blocks.every(({ transactions }) => transactions.every(({ status }) => status === "success")),
    );
  });
});
