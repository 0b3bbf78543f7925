// Time: blocks have this machine's time, Clarity sees the same, and tests can move it.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, test } from "node:test";
import { hexToCV } from "@stacks/transactions";
import { accounts, call, contracts, deploy, fresh, get, mine, post, run } from "../kit/client.mjs";
import { signedTerms } from "../kit/terms.mjs";

const latest = () => get("/extended/v2/blocks/latest");

describe("time", () => {
  beforeEach(fresh);

  test("of a block is what a contract in it sees", async () => {
    const source = `(define-public (now)
      (ok { time: stacks-block-time, height: stacks-block-height, burn: burn-block-height }))`;
    await run(await deploy("alice", "watch", source));
    for (const burn of [false, true, true, false]) {
      await post("/devnet/time", { advance: burn ? 7 : 100 });
      await mine({ burn });
      const { result } = await run(
        await call("alice", `${accounts.alice.address}.watch`, "now", []),
      );
      const seen = hexToCV(result.hex).value.value;
      const { block_time: time, height, burn_block_height: burnHeight } = await latest();
      assert.deepEqual(
        [seen.time, seen.height, seen.burn].map(({ value }) => Number(value)),
        [time, height, burnHeight],
      );
    }
  });

  test("goes on with every block", async () => {
    await mine({ count: 30, burn_every: 5 });
    const { results } = await get("/extended/v2/blocks?limit=30");
    const times = results.map(({ block_time: time }) => time);
    assert.ok(times.every((time, place) => place === 0 || time < times[place - 1]));
    assert.ok(results.every((block) => block.burn_block_time <= block.block_time));
  });

  test("is moved on by whoever wants to wait", async () => {
    await mine();
    const before = (await latest()).block_time;
    await post("/devnet/time", { advance: 86_400 });
    await mine();
    const passed = (await latest()).block_time - before;
    assert.ok(passed >= 86_400 && passed < 86_400 + 60, `${passed}`);
  });

  test("runs out for signed terms", async () => {
    const { values } = await signedTerms({ seconds: 900 });
    await post("/devnet/time", { advance: 901 });
    const late = await run(await call("alice", contracts.pay, "pay", values));
    assert.deepEqual([late.status, late.result.repr], ["abort_by_response", "(err u102)"]);
  });

  test("brings blocks by itself, when it is told to", async () => {
    const before = (await latest()).height;
    await post("/devnet/interval", { seconds: 0.05, burn_every: 2 });
    for (let tries = 0; tries < 200 && (await latest()).height < before + 4; tries += 1) {
      await sleep(50);
    }
    await post("/devnet/interval", { seconds: 0 });
    const { height } = await latest();
    assert.ok(height >= before + 4, `${height - before} blocks`);
    assert.ok((await get("/v2/info")).burn_block_height > 2);
    await sleep(200);
    assert.equal((await latest()).height, height, "and stops");
  });
});
