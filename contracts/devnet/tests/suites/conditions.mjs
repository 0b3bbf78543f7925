// Post-conditions and other ways in which a transaction in a block has no effect.
import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { Cl, Pc, PostConditionMode, postConditionToHex } from "@stacks/transactions";
import {
  accounts,
  asset,
  call,
  deploy,
  eventsOf,
  fresh,
  mine,
  nonce,
  run,
  sats,
  sbtc,
  send,
  sendStx,
  shown,
  stx,
  transfer,
} from "../kit/client.mjs";

const { Allow, Deny, Originator } = PostConditionMode;
const [, token] = asset.split("::");
const origin = () => Pc.origin();
const alice = () => Pc.principal(accounts.alice.address);

/** How a transfer of 1000 sats from alice to bob ends under a mode and conditions. */
async function ending(postConditionMode, ...postConditions) {
  const { status } = await run(
    await transfer("alice", "bob", 1000, { postConditionMode, postConditions }),
  );
  return status;
}

describe("post-conditions", () => {
  beforeEach(fresh);

  test("of the origin are the bytes that a server can prepare", () => {
    const condition = origin().willSendEq(50_000).ft(sbtc, token);
    const expected =
      "010114f6decc7cfff2a413bd7cd4f53c25ad7fd1899acc0a736274632d746f6b656e" +
      "0a736274632d746f6b656e01000000000000c350";
    assert.equal(postConditionToHex(condition), expected);
  });

  test("that hold let a transaction be", async () => {
    for (const who of [origin, alice]) {
      assert.equal(await ending(Deny, who().willSendEq(1000).ft(sbtc, token)), "success");
      assert.equal(await ending(Deny, who().willSendLte(1000).ft(sbtc, token)), "success");
      assert.equal(await ending(Deny, who().willSendGte(1000).ft(sbtc, token)), "success");
      assert.equal(await ending(Deny, who().willSendGt(999).ft(sbtc, token)), "success");
      assert.equal(await ending(Deny, who().willSendLt(1001).ft(sbtc, token)), "success");
      assert.equal(await ending(Originator, who().willSendEq(1000).ft(sbtc, token)), "success");
    }
    assert.equal(await ending(Allow), "success");
  });

  test("that do not hold abort it", async () => {
    const aborted = "abort_by_post_condition";
    assert.equal(await ending(Deny), aborted, "nothing may be moved that no condition speaks of");
    assert.equal(await ending(Originator), aborted);
    assert.equal(await ending(Deny, origin().willSendEq(999).ft(sbtc, token)), aborted);
    assert.equal(await ending(Allow, origin().willSendEq(999).ft(sbtc, token)), aborted);
    assert.equal(await ending(Allow, origin().willSendLt(1000).ft(sbtc, token)), aborted);
    assert.equal(await ending(Allow, origin().willSendGt(1000).ft(sbtc, token)), aborted);
    assert.equal(await ending(Allow, origin().willSendGte(1).ustx()), aborted);
    assert.equal(
      await ending(Allow, Pc.principal(accounts.bob.address).willSendEq(1).ft(sbtc, token)),
      aborted,
    );
    const lookalike = `${accounts.bob.address}.sbtc-token`;
    assert.equal(await ending(Deny, origin().willSendEq(1000).ft(lookalike, token)), aborted);
  });

  test("take back all that a transaction did, but not its fee and nonce", async () => {
    const broken = await transfer("alice", "bob", 1000, { postConditionMode: Deny });
    const {
      tx_id: txid,
      status,
      result,
      event_count: events,
      vm_error: reason,
    } = await run(broken);
    assert.deepEqual([status, events], ["abort_by_post_condition", 0]);
    assert.equal(result.repr, "(ok true)", "so nobody may look at the result alone");
    assert.match(reason, /no condition allows/);
    assert.deepEqual(await eventsOf(txid), []);
    assert.deepEqual([await sats("bob"), await nonce("alice")], [1_000_000_000, 1]);
    assert.equal(await stx("alice"), 1_000_000_000 - 2000);
  });

  test("that cannot hold do not hide why a transfer fails by itself", async () => {
    const given = { postConditionMode: Deny };
    const poor = await run(await transfer("alice", "bob", 1_000_000_001, given));
    assert.deepEqual([poor.status, poor.result.repr], ["abort_by_response", "(err u1)"]);
    const self = await run(await transfer("alice", "alice", 1, given));
    assert.deepEqual([self.status, self.result.repr], ["abort_by_response", "(err u2)"]);
    const others = [
      Cl.uint(1),
      Cl.principal(accounts.bob.address),
      Cl.principal(accounts.alice.address),
      Cl.none(),
    ];
    const theft = await run(await call("alice", sbtc, "transfer", others, given));
    assert.deepEqual([theft.status, theft.result.repr], ["abort_by_response", "(err u4)"]);
  });

  test("are broken by transfers in a bundle, too", async () => {
    const part = (amount) =>
      Cl.tuple({
        amount: Cl.uint(amount),
        sender: Cl.principal(accounts.alice.address),
        to: Cl.principal(accounts.bob.address),
        memo: Cl.none(),
      });
    const many = async (...amounts) => {
      const postConditions = [origin().willSendLte(100).ft(sbtc, token)];
      const values = [Cl.list(amounts.map(part))];
      return run(
        await call("alice", sbtc, "transfer-many", values, {
          postConditionMode: Deny,
          postConditions,
        }),
      );
    };
    const { status, result } = await many(60, 41);
    assert.deepEqual([status, result.repr], ["abort_by_post_condition", "(ok u2)"]);
    assert.equal((await many(60, 0, 41)).result.repr, "(err u1001)");
    assert.equal((await many(60, 40)).result.repr, "(ok u2)");
    assert.equal(await sats("bob"), 1_000_000_100);
  });

  test("mean nothing for transfers of STX, which have none", async () => {
    const sent = await run(await sendStx("alice", "bob", 5n, { postConditionMode: Deny }));
    assert.equal(sent.status, "success");
  });
});

describe("post-conditions about single things", () => {
  before(fresh);

  test("guard everybody in deny mode, and the origin alone in originator mode", async () => {
    const source = `(define-public (swap)
      (begin
        (try! (contract-call? '${sbtc} transfer u7 tx-sender current-contract none))
        (as-contract? ((with-ft '${sbtc} "${token}" u5))
          (try! (contract-call? '${sbtc} transfer u5 tx-sender '${accounts.bob.address} none)))))`;
    const vault = `${accounts.carol.address}.vault`;
    await run(await deploy("carol", "vault", source));
    await run(await transfer("carol", vault, 100));
    const swap = async (postConditionMode, ...postConditions) => {
      const given = { postConditionMode, postConditions };
      return (await run(await call("alice", vault, "swap", [], given))).status;
    };
    const own = origin().willSendEq(7).ft(sbtc, token);
    const theirs = Pc.principal(vault).willSendEq(5).ft(sbtc, token);
    const aborted = "abort_by_post_condition";
    assert.equal(await swap(Deny, own), aborted, "the vault's sats move as well");
    assert.equal(await swap(Deny, own, theirs), "success");
    assert.equal(await swap(Originator, own), "success");
    assert.equal(await swap(Originator, theirs), aborted);
    assert.equal(await swap(Allow), "success");
    assert.equal(await sats("bob"), 1_000_000_000 + 3 * 5);
  });

  test("of tokens that are one of a kind", async () => {
    await run(
      await deploy(
        "alice",
        "things",
        `
      (define-non-fungible-token thing uint)
      (nft-mint? thing u1 tx-sender)
      (nft-mint? thing u2 tx-sender)
      (define-public (give (id uint) (to principal)) (nft-transfer? thing id tx-sender to))`,
      ),
    );
    const things = `${accounts.alice.address}.things`;
    const give = async (id, postConditionMode, ...postConditions) => {
      const values = [Cl.uint(id), Cl.principal(accounts.bob.address)];
      const given = await call("alice", things, "give", values, {
        postConditionMode,
        postConditions,
      });
      return (await run(given)).status;
    };
    const about = (id) => [`${things}::thing`, Cl.uint(id)];
    assert.equal(await give(1, Deny), "abort_by_post_condition");
    assert.equal(
      await give(
        1,
        Allow,
        origin()
          .willNotSendAsset()
          .nft(...about(1)),
      ),
      "abort_by_post_condition",
    );
    assert.equal(
      await give(
        1,
        Deny,
        origin()
          .willSendAsset()
          .nft(...about(2)),
      ),
      "abort_by_post_condition",
    );
    assert.equal(
      await give(
        1,
        Deny,
        origin()
          .willSendAsset()
          .nft(...about(1)),
      ),
      "success",
    );
    assert.equal(
      await give(
        2,
        Allow,
        origin()
          .willNotSendAsset()
          .nft(...about(1)),
      ),
      "success",
    );
  });

  test("that a thing may be sent allow it, and ask for nothing (SIP-040)", async () => {
    await run(
      await deploy(
        "alice",
        "treasures",
        `
      (define-non-fungible-token thing uint)
      (nft-mint? thing u1 tx-sender)
      (define-public (give) (nft-transfer? thing u1 tx-sender '${accounts.bob.address}))
      (define-public (keep) (ok true))`,
      ),
    );
    const treasures = `${accounts.alice.address}.treasures`;
    const maySend = (id) => origin().willMaybeSendAsset().nft(`${treasures}::thing`, Cl.uint(id));
    const ends = async (name, ...postConditions) => {
      const given = { postConditionMode: Deny, postConditions };
      return (await run(await call("alice", treasures, name, [], given))).status;
    };
    assert.equal(await ends("keep", maySend(1)), "success");
    assert.equal(await ends("give", maySend(2)), "abort_by_post_condition");
    assert.equal(await ends("give", maySend(1)), "success");
  });
});

describe("a block of good and bad transactions", () => {
  beforeEach(fresh);

  test("has all of them in their order, each with its own end", async () => {
    await run(await deploy("carol", "bad", "(define-public (crash) (ok (- u0 u1)))"));
    const bad = `${accounts.carol.address}.bad`;
    const plan = [
      [await transfer("alice", "bob", 100, { nonce: 0 }), "success"],
      [
        await transfer("alice", "bob", 5, { nonce: 1, postConditionMode: Deny }),
        "abort_by_post_condition",
      ],
      [await transfer("alice", "bob", 10 ** 15, { nonce: 2 }), "abort_by_response"],
      [await call("alice", bad, "crash", [], { nonce: 3 }), "abort_by_response"],
      [await deploy("alice", "worse", "(define-public", { nonce: 4 }), "abort_by_response"],
      [await transfer("alice", "bob", 20, { nonce: 5 }), "success"],
      [await call("bob", bad, "crash", [], { nonce: 0 }), "abort_by_response"],
      [await transfer("bob", "carol", 1_000_000_120, { nonce: 1 }), "success"],
      [await transfer("bob", "carol", 1, { nonce: 2 }), "abort_by_response"],
    ];
    const ids = [];
    for (const [transaction] of plan) ids.push(await send(transaction));
    const [block] = await mine();
    assert.deepEqual(
      block.transactions,
      plan.map(([, status], place) => ({ txid: ids[place], status })),
    );
    assert.deepEqual(
      [await sats("alice"), await sats("bob"), await sats("carol")],
      [999_999_880, 0, 2_000_000_120],
    );
    assert.deepEqual([await nonce("alice"), await nonce("bob")], [6, 3]);
    const crashed = await shown(ids[3]);
    assert.match(crashed.vm_error, /Underflow/);
    assert.equal(crashed.result.repr, "(err none)");
    assert.equal(await stx("alice"), 1_000_000_000 - 6 * 2000);
  });
});
