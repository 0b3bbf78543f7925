// Reorganisations: what was in the blocks waits again, and everything is as it was before.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import {
  accounts,
  call,
  contracts,
  deploy,
  fresh,
  get,
  mine,
  nonce,
  post,
  run,
  sats,
  send,
  shown,
  stx,
  transfer,
} from "../kit/client.mjs";
import { signedTerms } from "../kit/terms.mjs";

const reorganise = (body) => post("/devnet/reorg", body);
const tip = async () => (await get("/extended")).chain_tip;
const block = (which, options) => get(`/extended/v2/blocks/${which}`, options);

describe("a reorganisation", () => {
  beforeEach(fresh);

  test("makes blocks unknown, and lower heights the tip", async () => {
    const before = await tip();
    const [first, second] = await mine({ count: 2 });
    await reorganise({ depth: 2 });
    assert.deepEqual(await tip(), before);
    for (const { index_block_hash: hash, height } of [first, second]) {
      await block(hash, { status: 404 });
      await block(height, { status: 404 });
    }
  });

  test("gives other hashes to the blocks that come instead, on the same parent", async () => {
    const [old] = await mine();
    const parent = (await block(old.height)).parent_index_block_hash;
    await reorganise({ depth: 1, mine: 1 });
    const now = await block(old.height);
    assert.equal(now.parent_index_block_hash, parent);
    assert.notEqual(now.index_block_hash, old.index_block_hash);
    assert.notEqual(now.hash, (await block("latest")).parent_block_hash);
  });

  test("takes payments back and lets them wait", async () => {
    const txid = await send(await transfer("alice", "bob", 1000));
    await mine();
    const before = await shown(txid);
    await reorganise({ depth: 1 });
    const waits = await shown(txid);
    assert.deepEqual([waits.status, waits.block], ["pending", undefined]);
    assert.deepEqual(
      [await sats("bob"), await nonce("alice"), await stx("alice")],
      [1_000_000_000, 0, 1_000_000_000],
    );
    await get(`/extended/v3/transactions/${txid}/events`, { status: 404 });
    await mine();
    const after = await shown(txid);
    assert.equal(after.status, "success");
    assert.notEqual(after.block.index_hash, before.block.index_hash);
    assert.equal(await sats("bob"), 1_000_001_000);
  });

  test("can lose payments for good", async () => {
    const txid = await send(await transfer("alice", "bob", 1000));
    await mine();
    await reorganise({ depth: 1, lose: true, mine: 3 });
    assert.equal((await shown(txid)).status, "dropped_replace_across_fork");
    assert.equal(await sats("bob"), 1_000_000_000);
  });

  test("can turn a good payment into a bad one", async () => {
    const { values } = await signedTerms({ seconds: 600 });
    const paid = await run(await call("alice", contracts.pay, "pay", values));
    assert.equal(paid.status, "success");
    await post("/devnet/time", { advance: 700 });
    await reorganise({ depth: 1, mine: 1 });
    const late = await shown(paid.tx_id.slice(2));
    assert.deepEqual([late.status, late.result.repr], ["abort_by_response", "(err u102)"]);
  });

  test("takes contracts and what they know back", async () => {
    await run(
      await deploy(
        "alice",
        "known",
        "(define-data-var n uint u1) (define-public (up) (ok (var-set n u2)))",
      ),
    );
    const { address } = accounts.alice;
    await run(await call("alice", `${address}.known`, "up", []));
    const read = () => get(`/v2/data_var/${address}/known/n`);
    assert.equal((await read()).data, Cl.serialize(Cl.uint(2)).replace(/^(0x)?/, "0x"));
    await reorganise({ depth: 1 });
    assert.equal((await read()).data, Cl.serialize(Cl.uint(1)).replace(/^(0x)?/, "0x"));
    await reorganise({ depth: 1 });
    await get(`/v2/contracts/source/${address}/known`, { status: 404 });
    await mine();
    assert.equal((await read()).data, Cl.serialize(Cl.uint(2)).replace(/^(0x)?/, "0x"));
  });

  test("goes through Bitcoin blocks, whose hashes change with it", async () => {
    const [old] = await mine({ burn: true });
    const { burn_block_hash: hash, burn_block_height: height } = await block(old.height);
    await get(`/extended/v2/burn-blocks/${hash}`);
    await reorganise({ depth: 2 });
    assert.equal((await get("/v2/info")).burn_block_height, height - 1);
    await get(`/extended/v2/burn-blocks/${hash}`, { status: 404 });
    await mine({ burn: true });
    assert.notEqual((await block("latest")).burn_block_hash, hash);
  });

  test("of a hundred blocks with payments in each takes every sat back, and forth again", async () => {
    const ids = [];
    for (let count = 0; count < 100; count += 1) {
      ids.push(await send(await transfer("alice", "bob", 1 + count, { nonce: count })));
      await mine({ burn: count % 10 === 0 });
    }
    assert.equal(await sats("bob"), 1_000_005_050);
    const { orphaned } = await reorganise({ depth: 110 });
    assert.equal(orphaned.flatMap(({ transactions }) => transactions).length, 100);
    assert.deepEqual([await sats("bob"), await stx("alice")], [1_000_000_000, 1_000_000_000]);
    const [first] = await mine();
    assert.deepEqual(
      first.transactions.map(({ txid }) => txid),
      ids,
      "in their order",
    );
    assert.equal(await sats("bob"), 1_000_005_050);
  });

  test("cannot go deeper than the first block", async () => {
    await mine();
    await post("/devnet/reorg", { depth: 2 }, { status: 400 });
    await post("/devnet/reorg", { depth: 0 }, { status: 400 });
    await reorganise({ depth: 1 });
  });
});
