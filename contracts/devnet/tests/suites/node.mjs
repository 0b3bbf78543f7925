// The node's own paths.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl, cvToHex, hexToCV, serializePayload } from "@stacks/transactions";
import {
  accounts,
  contracts,
  deploy,
  eventsOf,
  fresh,
  get,
  mine,
  nonce,
  post,
  run,
  sats,
  sbtc,
  send,
  sendStx,
  shown,
  stx,
  transfer,
} from "../kit/client.mjs";

describe("a node", () => {
  beforeEach(fresh);

  test("says which network it is and how far it has come", async () => {
    const before = await get("/v2/info");
    await mine({ count: 2, burn: true });
    const info = await get("/v2/info");
    assert.equal(info.network_id, 2147483648);
    assert.equal(
      info.stacks_tip_height,
      before.stacks_tip_height + 3,
      "a new tenure is a block too",
    );
    assert.equal(info.burn_block_height, before.burn_block_height + 1);
    assert.equal(info.is_fully_synced, true);
    assert.match(info.stacks_tip, /^[0-9a-f]{64}$/);
  });

  test("names the sBTC contract", async () => {
    const pox = await get("/v2/pox");
    assert.equal(pox.pox_5_sbtc_contract, sbtc);
    assert.match(pox.pox_5_sbtc_registry_contract, /\.sbtc-registry$/);
  });

  test("takes a transaction as bytes and as JSON, and the same one again", async () => {
    const first = await transfer("alice", "bob", 1000);
    const txid = await send(first);
    assert.equal(txid, first.txid());
    assert.equal(await send(first), txid);
    const second = await transfer("alice", "bob", 1000);
    assert.equal(await post("/v2/transactions", { tx: second.serialize() }), second.txid());
    const [block] = await mine();
    assert.deepEqual(
      block.transactions.map(({ status }) => status),
      ["success", "success"],
    );
    assert.equal(await sats("bob"), 1_000_002_000);
  });

  test("shows what waits", async () => {
    const txid = await send(await transfer("alice", "bob", 1));
    assert.equal((await get(`/v2/transactions/unconfirmed/0x${txid}`)).status, "Mempool");
    await mine();
    await get(`/v2/transactions/unconfirmed/${txid}`, { status: 404 });
    assert.match((await get(`/v3/transaction/${txid}`)).index_block_hash, /^[0-9a-f]{64}$/);
  });

  test("counts nonces and takes fees, of good and of bad transactions", async () => {
    await run(await transfer("alice", "bob", 1, { fee: 5000 }));
    await run(await transfer("alice", "bob", 10 ** 12, { fee: 7000 }));
    assert.deepEqual([await nonce("alice"), await stx("alice")], [2, 1_000_000_000 - 12_000]);
  });

  test("sends STX with any 34 bytes of memo, and to contracts", async () => {
    const signed = await sendStx("alice", "bob", 77n, { memo: "for you" });
    const bytes = Buffer.from(signed.serializeBytes());
    assert.equal(bytes.subarray(-34).toString().replaceAll("\0", ""), "for you");
    const txid = await send(bytes);
    await send(await sendStx("alice", contracts.pay, 5n));
    const [block] = await mine();
    assert.deepEqual(
      block.transactions.map(({ status }) => status),
      ["success", "success"],
    );
    const [event] = await eventsOf(txid);
    assert.equal(event.stx_asset.amount, "77");
    assert.match(event.stx_asset.memo.hex, /^0x666f7220796f7500+$/);
  });

  test("deploys a contract, shows it, and lets it be asked", async () => {
    const source = `(define-data-var count uint u7)
      (define-map names principal (string-ascii 10))
      (define-read-only (twice (n uint)) (ok (* n u2)))
      (define-read-only (fail) (ok (- u0 u1)))
      (define-public (add)
        (begin (map-set names tx-sender "me") (ok (var-set count (+ (var-get count) u1)))))`;
    const { status, type } = await run(await deploy("alice", "counter", source));
    assert.deepEqual([status, type], ["success", "smart_contract"]);
    const { address } = accounts.alice;
    const place = `${address}/counter`;
    assert.equal((await get(`/v2/contracts/source/${place}`)).source, source);
    assert.equal((await get(`/v2/contracts/interface/${place}`)).functions.length, 3);

    const ask = (fn, values) =>
      post(`/v2/contracts/call-read/${place}/${fn}`, { sender: address, arguments: values });
    const twice = await ask("twice", [cvToHex(Cl.uint(21))]);
    assert.deepEqual([twice.okay, Cl.prettyPrint(hexToCV(twice.result))], [true, "(ok u42)"]);
    assert.equal((await ask("fail", [])).okay, false);
    assert.match((await ask("add", [])).cause, /NotReadOnly/);
    assert.match((await ask("nothing", [])).cause, /UndefinedFunction/);
    const nowhere = `/v2/contracts/call-read/${address}/nothing/twice`;
    const lost = await post(nowhere, { sender: address, arguments: [] });
    assert.deepEqual([lost.okay, lost.cause.includes("NoSuchContract")], [false, true]);
    await get(`/v2/contracts/source/${address}/nothing`, { status: 404 });

    const count = await get(`/v2/data_var/${place}/count?proof=0`);
    assert.equal(Cl.prettyPrint(hexToCV(count.data)), "u7");
    const name = await post(`/v2/map_entry/${place}/names`, cvToHex(Cl.principal(address)));
    assert.equal(Cl.prettyPrint(hexToCV(name.data)), "none");
  });

  test("puts a contract that does not compile into a block, aborted", async () => {
    const transaction = await run(await deploy("alice", "broken", "(define-public (a) (b))"));
    assert.equal(transaction.status, "abort_by_response");
    assert.match(transaction.vm_error, /unresolved/);
    assert.equal(await nonce("alice"), 1);
  });

  test("estimates fees, and has no opinion about deployments", async () => {
    const payload = serializePayload((await transfer("alice", "bob", 1)).payload);
    const { estimations } = await post("/v2/fees/transaction", { transaction_payload: payload });
    assert.equal(estimations.length, 3);
    assert.ok(estimations.every(({ fee }) => fee >= 180));
    const contract = serializePayload((await deploy("alice", "a", "(+ 1 1)")).payload);
    const none = await post(
      "/v2/fees/transaction",
      { transaction_payload: contract },
      { status: 400 },
    );
    assert.equal(none.reason, "NoEstimateAvailable");
  });

  test("tells of what it does not know", async () => {
    await get("/v2/nothing", { status: 404 });
    await get("/v2/accounts/nobody", { status: 400 });
    await get(`/extended/v3/transactions/0x${"00".repeat(32)}`, { status: 404 });
    assert.equal(
      await shown(await send(await transfer("alice", "bob", 1))).then(({ status }) => status),
      "pending",
    );
  });
});
