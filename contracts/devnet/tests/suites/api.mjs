// The API's lists and pages.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import {
  accounts,
  asset,
  call,
  contracts,
  devnet,
  fresh,
  get,
  mine,
  post,
  run,
  sbtc,
  send,
  sendStx,
  sponsored,
  transfer,
} from "../kit/client.mjs";

/** All entries of a list of version 3, page by page. */
async function all(path, limit) {
  const found = [];
  for (let cursor = ""; cursor !== null;) {
    const page = await get(`${path}?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    found.push(...page.results);
    cursor = page.cursor.next;
    if (cursor === null) assert.equal(found.length, page.total);
  }
  return found;
}

describe("the API", () => {
  beforeEach(fresh);

  test("shows blocks that follow from one another", async () => {
    await mine({ count: 5, burn: true });
    const { results, total } = await get("/extended/v2/blocks?limit=30");
    assert.equal(results.length, total);
    for (const [place, block] of results.slice(0, -1).entries()) {
      const parent = results[place + 1];
      assert.equal(block.parent_index_block_hash, parent.index_block_hash);
      assert.equal(block.parent_block_hash, parent.hash);
      assert.equal(block.height, parent.height + 1);
      assert.ok(block.block_time > parent.block_time);
      for (const name of [block.height, block.hash, block.index_block_hash]) {
        assert.deepEqual(await get(`/extended/v2/blocks/${name}`), block);
      }
    }
    assert.deepEqual(await get("/extended/v2/blocks/latest"), results[0]);
    const { chain_tip: tip } = await get("/extended");
    assert.equal(tip.index_block_hash, results[0].index_block_hash);
  });

  test("shows the memo of a transfer of STX, in lists as hex only", async () => {
    const { tx_id: id } = await run(await sendStx("alice", "bob", 1n, { memo: "for tea" }));
    const hex = `0x${Buffer.from("for tea").toString("hex").padEnd(68, "0")}`;
    const one = await get(`/extended/v3/transactions/${id}`);
    assert.deepEqual(one.token_transfer.memo, { hex, repr: "for tea" });
    const { results } = await get("/extended/v3/blocks/latest/transactions");
    assert.equal(results[0].token_transfer.memo, hex);
  });

  test("pages blocks by their index hashes", async () => {
    await mine({ count: 7 });
    const first = await get("/extended/v2/blocks?limit=3");
    const second = await get(`/extended/v2/blocks?limit=3&cursor=${first.prev_cursor}`);
    assert.deepEqual(
      second.results.map(({ height }) => height),
      first.results.map(({ height }) => height - 3),
    );
    assert.equal(second.next_cursor, first.cursor);
  });

  test("shows the Stacks blocks of a Bitcoin block", async () => {
    await mine({ count: 3, burn: true });
    const { burn_block_hash: hash, burn_block_height: height } = await get(
      "/extended/v2/blocks/latest",
    );
    for (const which of [hash, height, "latest"]) {
      assert.equal((await get(`/extended/v2/burn-blocks/${which}`)).stacks_blocks.length, 4);
    }
    assert.equal((await get(`/extended/v2/burn-blocks/${hash}/blocks`)).total, 4);
  });

  test("lists the transactions of a block in pages", async () => {
    for (let count = 0; count < 7; count += 1)
      await send(await transfer("alice", "bob", 1, { nonce: count }));
    const [{ height, index_block_hash: hash, transactions }] = await mine();
    const found = await all(`/extended/v3/blocks/${hash}/transactions`, 3);
    const ids = found.reverse().map(({ tx_id: txid }) => txid.slice(2));
    assert.deepEqual(
      ids,
      transactions.map(({ txid }) => txid),
    );
    assert.deepEqual(
      found.map(({ block }) => block.tx_index),
      [0, 1, 2, 3, 4, 5, 6],
    );
    assert.ok(found.every(({ block }) => block.height === height && block.index_hash === hash));
    await get(`/extended/v3/blocks/${hash}/transactions?limit=51`, { status: 400 });
    await get(`/extended/v3/blocks/${hash}/transactions?cursor=what`, { status: 400 });
  });

  test("lists more than a hundred events in pages, counted through the transaction", async () => {
    const part = Cl.tuple({
      amount: Cl.uint(1),
      sender: Cl.principal(accounts.alice.address),
      to: Cl.principal(accounts.bob.address),
      memo: Cl.some(Cl.bufferFromHex("77")),
    });
    await send(await transfer("bob", "carol", 1));
    const { tx_id: txid, event_count: count } = await run(
      await call("alice", sbtc, "transfer-many", [Cl.list(Array(60).fill(part))], { fee: 20_000 }),
    );
    const events = await all(`/extended/v3/transactions/${txid}/events`, 100);
    assert.deepEqual([count, events.length], [120, 120]);
    assert.deepEqual(
      events.map(({ event_index: index }) => index),
      [...Array(120).keys()],
    );
    assert.ok(
      events.every(({ ft_asset: ft }) => ft === undefined || ft.asset_identifier === asset),
    );
  });

  test("shows parts of a transaction only when they are asked for", async () => {
    const { tx_id: txid } = await run(await transfer("alice", "bob", 1));
    const bare = await get(`/extended/v3/transactions/${txid}`);
    assert.deepEqual(
      [bare.result, bare.post_conditions, bare.contract_call.function_args],
      [].concat([undefined, undefined, undefined]),
    );
    const include = "function_args,post_conditions,result";
    const whole = await get(`/extended/v3/transactions/${txid}?include=${include}`);
    assert.deepEqual(
      [whole.result.repr, whole.post_condition_mode, whole.contract_call.function_args.length],
      ["(ok true)", "allow", 4],
    );
  });

  test("lists what a contract printed, in pages", async () => {
    for (let count = 0; count < 5; count += 1) {
      await run(await transfer("alice", "bob", 1, { memo: `0${count}` }));
    }
    const path = `/extended/v2/smart-contracts/${sbtc}/logs`;
    const first = await get(`${path}?limit=2`);
    const second = await get(`${path}?limit=2&cursor=${first.prev_cursor}`);
    const memos = [...first.results, ...second.results].map(
      ({ contract_log: log }) => log.value.repr,
    );
    assert.deepEqual([memos, first.total], [["0x04", "0x03", "0x02", "0x01"], 5]);
    assert.match(first.cursor, /^\d+:\d+:\d+:\d+$/);
    await get(`/extended/v2/smart-contracts/${accounts.bob.address}.nothing/logs`, { status: 404 });
    assert.equal((await get(`/extended/v2/smart-contracts/${contracts.pay}/logs`)).total, 0);
  });

  test("lists what has to do with a principal, and what that changed", async () => {
    const free = await transfer("alice", "bob", 500, { sponsored: true, fee: 0 });
    await run(await sponsored(free, { fee: 3000 }));
    await run(await sendStx("alice", "bob", 9n));
    const of = async (name) =>
      all(`/extended/v3/principals/${accounts[name].address}/transactions`, 1);
    assert.deepEqual(
      (await of("bob")).map(({ involvement }) => involvement),
      ["affected", "affected"],
    );
    assert.deepEqual(
      (await of("alice")).map(({ involvement }) => involvement),
      ["sender", "sender"],
    );
    const [paid] = await of("sponsor");
    assert.deepEqual([paid.involvement, paid.balance_changes.stx.sent], ["sponsor", "3000"]);
    const [, { transaction }] = await of("bob");
    const path = `/extended/v3/principals/${accounts.bob.address}/balance-changes`;
    const { results } = await get(`${path}?tx_id=${transaction.tx_id}`);
    assert.deepEqual(results, [
      {
        tx_id: transaction.tx_id,
        asset: { type: "ft", identifier: asset },
        balance_change: { sent: "0", received: "500", net: "500" },
      },
    ]);
    assert.equal((await all(path, 100)).length, 2);
  });

  test("answers 304 to who has seen it, until something happens", async () => {
    const answer = await fetch(`${devnet.url}/extended`);
    const headers = { "if-none-match": answer.headers.get("etag") };
    assert.equal((await fetch(`${devnet.url}/extended`, { headers })).status, 304);
    await send(await transfer("alice", "bob", 1));
    assert.equal((await fetch(`${devnet.url}/extended`, { headers })).status, 200);
  });

  test("tells what transactions pay", async () => {
    assert.equal((await get("/extended/v2/mempool/fees")).all.no_priority, 180);
    await send(await transfer("alice", "bob", 1, { fee: 4321 }));
    const fees = await get("/extended/v2/mempool/fees");
    assert.equal(fees.contract_call.medium_priority, 4321);
    assert.equal(fees.token_transfer.no_priority, 180);
    const { address } = accounts.alice;
    assert.equal(
      (await get(`/extended/v3/principals/${address}/balances/stx`)).balance,
      "1000000000",
    );
  });

  test("refuses bodies that make no sense", async () => {
    const bad = await fetch(`${devnet.url}/devnet/mine`, { method: "POST", body: "{" });
    assert.equal(bad.status, 400);
    await post("/devnet/mine", { count: "many" }, { status: 400 });
    await post("/devnet/interval", { seconds: -1 }, { status: 400 });
    await post("/devnet/observers", { url: "nowhere" }, { status: 400 });
    await post("/devnet/drop", { txid: "00" }, { status: 404 });
  });
});
