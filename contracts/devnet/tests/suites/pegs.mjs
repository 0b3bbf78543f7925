// sBTC made from bitcoin and turned into it again: the real token's events, and what somebody has meanwhile.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl } from "@stacks/transactions";
import {
  accounts,
  asset,
  call,
  eventsOf,
  fresh,
  get,
  mine,
  post,
  run,
  sats,
  send,
  shown,
} from "../kit/client.mjs";

const DEPLOYER = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4";
const WITHDRAWAL = `${DEPLOYER}.sbtc-withdrawal`;
const LOCKED = `${asset}-locked`;
const HASH = Cl.buffer(new Uint8Array(32));
const BITCOIN = Cl.tuple({
  version: Cl.bufferFromHex("04"),
  hashbytes: Cl.buffer(new Uint8Array(20)),
});

const { address } = accounts.merchant;

async function locked() {
  return Number((await get(`/extended/v3/principals/${address}/balances/ft/${LOCKED}`)).balance);
}

const ask = (amount, fee) =>
  call("merchant", WITHDRAWAL, "initiate-withdrawal-request", [
    Cl.uint(amount),
    BITCOIN,
    Cl.uint(fee),
  ]);

const accept = (id, fee) =>
  call("bob", WITHDRAWAL, "accept-withdrawal-request", [
    Cl.uint(id),
    HASH,
    Cl.uint(0),
    Cl.uint(0),
    Cl.uint(fee),
    HASH,
    Cl.uint(1),
    HASH,
  ]);

const reject = (id) =>
  call("bob", WITHDRAWAL, "reject-withdrawal-request", [Cl.uint(id), Cl.uint(0)]);

/** What a transaction moved, and the topic of what it printed. */
async function tale(txid) {
  return (await eventsOf(txid)).map(({ ft_asset: moved, contract_log: log }) =>
    moved
      ? [moved.type, moved.asset_identifier, Number(moved.amount), moved.sender, moved.recipient]
      : ["print", log.contract_id],
  );
}

const REGISTRY = ["print", `${DEPLOYER}.sbtc-registry`];

describe("pegs", () => {
  beforeEach(fresh);

  test("sats are minted on request", async () => {
    const before = await sats("merchant");
    const { txid } = await post("/devnet/mint", { to: address, sats: 700 });
    await mine();
    assert.equal((await shown(txid)).status, "success");
    assert.deepEqual(await tale(txid), [["mint", asset, 700, null, address], REGISTRY]);
    assert.equal(await sats("merchant"), before + 700);
  });

  test("a withdrawal locks what it may cost, and gives back what it did not", async () => {
    const before = await sats("merchant");
    const asked = await run(await ask(6000, 200));
    assert.equal(asked.result.repr, "(ok u1)");
    assert.deepEqual(await tale(asked.tx_id), [
      ["burn", asset, 6200, address, null],
      ["mint", LOCKED, 6200, null, address],
      REGISTRY,
    ]);
    assert.deepEqual([await sats("merchant"), await locked()], [before - 6200, 6200]);
    assert.equal((await run(await accept(1, 201))).result.repr, "(err u506)");
    const done = await run(await accept(1, 50));
    assert.deepEqual(await tale(done.tx_id), [
      ["burn", LOCKED, 6200, address, null],
      ["mint", asset, 150, null, address],
      REGISTRY,
    ]);
    assert.deepEqual([await sats("merchant"), await locked()], [before - 6050, 0]);
    assert.equal((await run(await reject(1))).result.repr, "(err u505)");
  });

  test("a withdrawal that is refused gives back everything", async () => {
    const before = await sats("merchant");
    await run(await ask(6000, 200));
    const done = await run(await reject(1));
    assert.deepEqual(await tale(done.tx_id), [
      ["burn", LOCKED, 6200, address, null],
      ["mint", asset, 6200, null, address],
      REGISTRY,
    ]);
    assert.deepEqual([await sats("merchant"), await locked()], [before, 0]);
  });

  test("several are completed at once, or none", async () => {
    const before = await sats("merchant");
    await run(await ask(1000, 100));
    await run(await ask(2000, 100));
    const requests = (...fees) =>
      call("bob", WITHDRAWAL, "complete-withdrawals", [
        Cl.list(
          fees.map((fee, place) =>
            Cl.tuple({
              "request-id": Cl.uint(place + 1),
              fee: fee === null ? Cl.none() : Cl.some(Cl.uint(fee)),
            }),
          ),
        ),
      ]);
    assert.equal((await run(await requests(100, null, 5))).result.repr, "(err u503)");
    const { tx_id: txid } = await run(await requests(100, null));
    assert.deepEqual(
      (await tale(txid)).map(([what, , amount]) => [what, amount]),
      [
        ["burn", 1100],
        ["print", undefined],
        ["burn", 2100],
        ["mint", 2100],
        ["print", undefined],
      ],
    );
    assert.deepEqual([await sats("merchant"), await locked()], [before - 1100, 0]);
  });

  test("dust, and what is not there, cannot be withdrawn", async () => {
    assert.equal((await run(await ask(546, 1))).result.repr, "(err u502)");
    assert.equal((await run(await ask(10 ** 12, 1))).result.repr, "(err u1)");
    assert.equal((await run(await accept(9, 0))).result.repr, "(err u503)");
  });

  test("a fork takes a mint and a lock back, and they come again", async () => {
    const before = await sats("merchant");
    await post("/devnet/mint", { to: address, sats: 700 });
    await send(await ask(6000, 200));
    await mine();
    await post("/devnet/reorg", { depth: 1 });
    assert.deepEqual([await sats("merchant"), await locked()], [before, 0]);
    await mine();
    assert.deepEqual([await sats("merchant"), await locked()], [before - 5500, 6200]);
  });

  test("nothing is minted for nobody, and no nothing", async () => {
    await post("/devnet/mint", { to: "nobody", sats: 1 }, { status: 400 });
    await post("/devnet/mint", { to: address, sats: 0 }, { status: 400 });
  });
});
