// The command: says when it is ready, can be told where to listen, and ends when its starter does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";

const MAIN = new URL("../../main.mjs", import.meta.url).pathname;
const start = (...options) =>
  spawn(process.execPath, [MAIN, ...options], { stdio: ["pipe", "pipe", "pipe"] });

async function post(url, body) {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json()) };
}

describe("the command", () => {
  test("explains itself", async () => {
    const { stdout } = start("--help");
    let text = "";
    for await (const part of stdout) text += part;
    for (const option of ["--port", "--interval", "--observer", "--with-stdin", "--keep"]) {
      assert.ok(text.includes(option), option);
    }
  });

  test("says why it cannot start", async () => {
    const child = start("--port", "99999");
    const [line] = await once(createInterface({ input: child.stderr }), "line");
    assert.match(line, /^the local chain cannot start: .*port/i);
    assert.deepEqual(await once(child, "exit"), [1, null]);
  });

  test("is ready when it says so, forgets old blocks for good, and ends with its input", async () => {
    const child = start("--port", "0", "--with-stdin", "--keep", "5");
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const { url, accounts, contracts, chain_id: chainId } = JSON.parse(line.replace(/^READY /, ""));
    assert.deepEqual([Object.keys(accounts).length, chainId], [10, 2147483648]);
    assert.match(contracts.pay, /\.stacktill-pay-v1$/);

    const { address } = accounts.bob;
    const balance = async () => {
      const answer = await fetch(`${url}/v2/accounts/${address}`);
      return BigInt((await answer.json()).balance);
    };
    for (let count = 0; count < 8; count += 1) {
      assert.equal((await post(`${url}/devnet/faucet`, { address, stx: 1 })).status, 200);
    }
    assert.equal((await post(`${url}/devnet/reorg`, { depth: 6 })).status, 400);
    assert.equal((await post(`${url}/devnet/reorg`, { depth: 5, lose: true })).status, 200);
    assert.equal(await balance(), 1_003_000_000n);
    assert.equal((await post(`${url}/devnet/reset`, {})).status, 200);
    assert.equal(await balance(), 1_000_000_000n);

    child.stdin.end();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});
