// Event observers are told what the API shows, in order, until they say yes.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, beforeEach, describe, test } from "node:test";
import { PostConditionMode } from "@stacks/transactions";
import { accounts, asset, fresh, get, mine, post, send, transfer } from "../kit/client.mjs";

const messages = [];
let refusals = 0;
const server = createServer(async (request, answer) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const isRefused = refusals > 0;
  refusals -= isRefused ? 1 : 0;
  if (!isRefused) {
    const { url: path, headers } = request;
    messages.push({ path, headers, body: JSON.parse(Buffer.concat(parts).toString()) });
  }
  answer.writeHead(isRefused ? 503 : 200).end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;

/** Everything that was told so far of one kind. */
async function told(path) {
  await post("/devnet/observers/settle");
  return messages.filter((each) => each.path === path).map(({ body }) => body);
}

describe("an observer", () => {
  beforeEach(async () => {
    await fresh();
    messages.length = 0;
    refusals = 0;
    await post("/devnet/observers", { url, headers: { authorization: "Basic YTpi" } });
  });

  after(() => server.close());

  test("is told of blocks with transactions and events", async () => {
    await send(await transfer("alice", "bob", 100, { memo: "aa" }));
    await send(await transfer("bob", "alice", 1, { postConditionMode: PostConditionMode.Deny }));
    const txid = await send(await transfer("carol", "bob", 7));
    await mine();
    const [block] = await told("/new_block");
    const shown = await get("/extended/v2/blocks/latest");
    assert.equal(block.index_block_hash, shown.index_block_hash);
    assert.equal(block.parent_index_block_hash, shown.parent_index_block_hash);
    assert.equal(block.block_height, shown.height);
    assert.equal(block.block_time, shown.block_time);
    assert.equal(block.burn_block_height, shown.burn_block_height);
    assert.deepEqual(
      block.transactions.map(({ tx_index: index, status }) => [index, status]),
      [
        [0, "success"],
        [1, "abort_by_post_condition"],
        [2, "success"],
      ],
    );
    assert.equal(block.transactions[2].txid, `0x${txid}`);
    assert.deepEqual(
      block.events.map(({ event_index: index, type }) => [index, type]),
      [
        [0, "ft_transfer_event"],
        [1, "contract_event"],
        [2, "ft_transfer_event"],
      ],
      "counted through the block",
    );
    assert.deepEqual(block.events[2].ft_transfer_event, {
      amount: "7",
      asset_identifier: asset,
      recipient: accounts.bob.address,
      sender: accounts.carol.address,
    });
    assert.equal(block.events[1].contract_event.raw_value, "0x0200000001aa");
    assert.ok(block.events.every(({ committed }) => committed === true));
  });

  test("is told of Bitcoin blocks, of what waits and of what is given up", async () => {
    const transaction = await transfer("alice", "bob", 100);
    const txid = await send(transaction);
    await post("/devnet/drop", { txid, reason: "stale_garbage_collect" });
    await mine({ burn: true });
    assert.deepEqual(await told("/new_mempool_tx"), [[`0x${transaction.serialize()}`]]);
    assert.deepEqual(await told("/drop_mempool_tx"), [
      { dropped_txids: [`0x${txid}`], reason: "StaleGarbageCollect" },
    ]);
    const [burn] = await told("/new_burn_block");
    assert.equal(burn.burn_block_height, (await get("/v2/info")).burn_block_height);
    assert.equal((await told("/new_block")).length, 2);
  });

  test("is told what takes the place of what, and what a fork has lost", async () => {
    const first = await send(await transfer("alice", "bob", 1, { nonce: 0 }));
    const second = await send(await transfer("alice", "bob", 2, { nonce: 0, fee: 3000 }));
    await mine();
    await post("/devnet/reorg", { depth: 1, lose: true, mine: 1 });
    assert.deepEqual(await told("/drop_mempool_tx"), [
      { dropped_txids: [`0x${first}`], reason: "ReplaceByFee", new_txid: `0x${second}` },
      { dropped_txids: [`0x${second}`], reason: "ReplaceAcrossFork" },
    ]);
  });

  test("is told of what a block holds and does not run", async () => {
    const skipped = await send(await transfer("alice", "bob", 1));
    const run = await send(await transfer("carol", "bob", 1));
    await post("/devnet/skip", { txid: skipped });
    await mine();
    const [{ transactions, events }] = await told("/new_block");
    const [one, other] = transactions;
    assert.deepEqual(
      [one.txid, one.status, one.raw_result, one.execution_cost.runtime, one.problematic_skipped],
      [`0x${skipped}`, "problematic_skipped", "0x0809", 0, 1],
    );
    assert.deepEqual([other.txid, other.status], [`0x${run}`, "success"]);
    assert.ok(!("problematic_skipped" in other));
    assert.deepEqual(new Set(events.map(({ txid }) => txid)), new Set([`0x${run}`]));
  });

  test("is told again until it says 200, and then of everything after it, in order", async () => {
    refusals = 3;
    await mine({ count: 4 });
    const heights = (await told("/new_block")).map(({ block_height: height }) => height);
    assert.deepEqual(
      heights,
      [...heights].sort((a, b) => a - b),
    );
    assert.equal(new Set(heights).size, 4);
  });

  test("gets the headers it asked for", async () => {
    await mine();
    await told("/new_block");
    assert.equal(messages[0].headers.authorization, "Basic YTpi");
  });

  test("is told of a reorganisation by blocks on another parent only", async () => {
    await mine({ count: 2 });
    await post("/devnet/reorg", { depth: 2, mine: 1 });
    const [first, , again] = await told("/new_block");
    assert.equal(again.block_height, first.block_height);
    assert.equal(again.parent_index_block_hash, first.parent_index_block_hash);
    assert.notEqual(again.index_block_hash, first.index_block_hash);
  });

  test("is told no more when it is taken off", async () => {
    await post("/devnet/observers", { url }, { method: "DELETE" });
    await mine();
    assert.deepEqual(await told("/new_block"), []);
  });
});
