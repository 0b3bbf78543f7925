// Payments as they are made on the real chain: by terms, by intents, with a memo, bundled, sponsored.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cl, Pc, PostConditionMode, cvToHex, hexToCV } from "@stacks/transactions";
import {
  accounts,
  asset,
  call,
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
  shown,
  sponsored,
  stx,
  transfer,
} from "../kit/client.mjs";
import { signedTerms } from "../kit/terms.mjs";

const exactly = (amount) => ({
  postConditionMode: PostConditionMode.Deny,
  postConditions: [
    Pc.origin()
      .willSendEq(amount)
      .ft(...asset.split("::")),
  ],
});

/** [kind, what] of each event: the sats that moved, or what was printed. */
const told = async (txid) =>
  (await eventsOf(txid)).map(({ type, ft_asset: ft, contract_log: log }) =>
    type === "ft_asset" ? [ft.recipient, ft.amount] : [log.contract_id, log.value.repr],
  );

describe("payments", () => {
  beforeEach(fresh);

  test("by signed terms, with an exact post-condition", async () => {
    const { hash, values } = await signedTerms();
    const {
      tx_id: txid,
      status,
      result,
    } = await run(await call("alice", contracts.pay, "pay", values, exactly(50_000)));
    assert.deepEqual([status, result.repr], ["success", `(ok 0x${hash})`]);
    assert.deepEqual(
      await Promise.all(["alice", "merchant", "platform"].map(sats)),
      [999_950_000, 1_000_049_500, 1_000_000_500],
    );
    const events = await told(txid);
    assert.deepEqual(events.slice(0, 4), [
      [accounts.merchant.address, "49500"],
      [sbtc, `0x${"01".repeat(16)}`],
      [accounts.platform.address, "500"],
      [sbtc, `0x${"01".repeat(16)}`],
    ]);
    assert.equal(events[4][0], contracts.pay);
    assert.match(events[4][1], /\(topic "paid"\)/);
    const again = await run(await call("bob", contracts.pay, "pay", values, exactly(50_000)));
    assert.deepEqual(
      [again.status, again.result.repr, again.event_count],
      ["abort_by_response", "(err u106)", 0],
    );
  });

  test("by signed terms, with less allowed than they ask for", async () => {
    const { values } = await signedTerms();
    const { status } = await run(
      await call("alice", contracts.pay, "pay", values, exactly(49_500)),
    );
    assert.equal(status, "abort_by_post_condition");
    assert.equal(await sats("merchant"), 1_000_000_000);
    assert.equal(
      (await run(await call("alice", contracts.pay, "pay", values, exactly(50_000)))).status,
      "success",
    );
  });

  test("by signed terms, asked beforehand by a read-only call", async () => {
    const ask = async (values) => {
      const [address, name] = contracts.pay.split(".");
      const body = { sender: accounts.alice.address, arguments: values.map(cvToHex) };
      const { result } = await post(`/v2/contracts/call-read/${address}/${name}/check`, body);
      return Cl.prettyPrint(hexToCV(result));
    };
    const { hash, values } = await signedTerms();
    assert.equal(await ask(values), `(ok 0x${hash})`);
    await run(await call("alice", contracts.pay, "pay", values));
    assert.equal(await ask(values), "(err u106)");
    assert.equal(await ask((await signedTerms({ seconds: 0 })).values), "(err u102)");
  });

  test("by an intent on chain", async () => {
    const id = Cl.bufferFromHex("ab".repeat(16));
    const { block_time: time } = (await get("/devnet")).tip;
    await run(await call("merchant", contracts.intents, "register-merchant", [Cl.none()]));
    await run(
      await call("merchant", contracts.intents, "create-payment-intent", [
        id,
        Cl.uint(700),
        Cl.uint(time + 900),
      ]),
    );
    const merchant = Cl.principal(accounts.merchant.address);
    const paid = await run(
      await call(
        "alice",
        contracts.intents,
        "process-payment",
        [merchant, id, Cl.uint(700)],
        exactly(700),
      ),
    );
    assert.equal(paid.status, "success");
    assert.equal(await sats("merchant"), 1_000_000_700);
  });

  test("by a plain transfer with 34 bytes of memo", async () => {
    const memo = `5354${"cd".repeat(32)}`;
    const { tx_id: txid } = await run(
      await transfer("alice", "merchant", 4321, { memo, ...exactly(4321) }),
    );
    assert.deepEqual(await told(txid), [
      [accounts.merchant.address, "4321"],
      [sbtc, `0x${memo}`],
    ]);
  });

  test("to merchant and platform by one transfer-many, of both or of neither", async () => {
    const part = (to, amount) =>
      Cl.tuple({
        amount: Cl.uint(amount),
        sender: Cl.principal(accounts.alice.address),
        to: Cl.principal(accounts[to].address),
        memo: Cl.some(Cl.bufferFromHex("77")),
      });
    const many = (...parts) =>
      call("alice", sbtc, "transfer-many", [Cl.list(parts)], exactly(1000));
    const good = await run(await many(part("merchant", 990), part("platform", 10)));
    assert.equal(good.status, "success");
    assert.deepEqual(
      [await sats("merchant"), await sats("platform")],
      [1_000_000_990, 1_000_000_010],
    );
    const bad = await run(await many(part("merchant", 990), part("platform", 0)));
    assert.deepEqual([bad.status, bad.result.repr], ["abort_by_response", "(err u1001)"]);
    assert.equal(await sats("merchant"), 1_000_000_990);
  });

  test("sponsored: the payer has no STX to lose", async () => {
    const { values } = await signedTerms();
    const free = { ...exactly(50_000), sponsored: true, fee: 0 };
    const signed = await sponsored(await call("alice", contracts.pay, "pay", values, free), {
      fee: 4000,
    });
    const { status, sender, sponsor } = await run(signed);
    assert.equal(status, "success");
    assert.deepEqual(
      [sender.address, sponsor.address],
      [accounts.alice.address, accounts.sponsor.address],
    );
    assert.deepEqual([await stx("alice"), await stx("sponsor")], [1_000_000_000, 999_996_000]);
    assert.deepEqual([await nonce("alice"), await nonce("sponsor")], [1, 1]);
  });

  test("in a look-alike token are no sBTC", async () => {
    await run(
      await deploy(
        "bob",
        "sbtc-token",
        `
      (define-fungible-token sbtc-token)
      (ft-mint? sbtc-token u1000000 'ST31ZNM11GSG4RR4N6NT4Y650A1NTEYHFJG0G5M07)
      (define-read-only (get-balance (who principal)) (ok (ft-get-balance sbtc-token who)))
      (define-public (transfer
          (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
        (begin (match memo note (print note) 0x) (ft-transfer? sbtc-token amount sender recipient)))`,
      ),
    );
    const fake = `${accounts.bob.address}.sbtc-token`;
    const values = [
      Cl.uint(5000),
      Cl.principal(accounts.alice.address),
      Cl.principal(accounts.merchant.address),
      Cl.some(Cl.bufferFromHex("11")),
    ];
    const { tx_id: txid, status } = await run(await call("alice", fake, "transfer", values));
    assert.equal(status, "success");
    const moved = (await eventsOf(txid)).find(({ type }) => type === "ft_asset");
    assert.equal(moved.ft_asset.asset_identifier, `${fake}::sbtc-token`);
    assert.equal(await sats("merchant"), 1_000_000_000);
    const { merchant } = accounts;
    const balance = (name) =>
      get(`/extended/v3/principals/${merchant.address}/balances/ft/${name}`);
    assert.equal((await balance(`${fake}::sbtc-token`)).balance, "5000");
    assert.equal((await balance(`${fake}::nothing-else`)).balance, "5000", "asked of the contract");
    assert.equal((await balance("ST000000000000000000002AMW42H.nothing::no")).balance, "0");
  });

  test("of the chain's own people, on request", async () => {
    const { txid } = await post("/devnet/transfer", {
      from: "carol",
      to: accounts.merchant.address,
      sats: 12,
      memo: "0xbeef",
    });
    await mine();
    assert.equal((await shown(txid)).status, "success");
    const { address } = accounts.alice;
    const { txids } = await post("/devnet/faucet", { address, stx: 2.5, sats: 100 });
    assert.equal(txids.length, 2);
    assert.deepEqual([await sats("alice"), await stx("alice")], [1_000_000_100, 1_002_500_000]);
    await post("/devnet/transfer", { from: "nobody", to: address, sats: 1 }, { status: 400 });
    await post("/devnet/transfer", { from: "alice", to: "nobody", sats: 1 }, { status: 400 });
    await post(
      "/devnet/transfer",
      { from: "alice", to: address, sats: 1, memo: "00".repeat(35) },
      { status: 400 },
    );
    await send(await transfer("alice", "bob", 1));
  });
});
