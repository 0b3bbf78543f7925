// Random histories: payments good and bad, blocks and reorganisations, against a model of the books.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PostConditionMode } from "@stacks/transactions";
import fc from "fast-check";
import { fresh, mine, nonce, post, sats, send, stx, transfer } from "../kit/client.mjs";

const NAMES = ["alice", "bob", "carol"];
const FEE = 2000;
const RUNS = {
  seed: Number(process.env.SEED ?? 20261122),
  numRuns: Number(process.env.HISTORIES ?? 5),
};

const who = fc.constantFrom(...NAMES);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("send"),
      from: who,
      to: who,
      amount: fc.integer({ min: 0, max: 700_000_000 }),
      guarded: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("mine"), burn: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("reorg"), depth: fc.integer({ min: 1, max: 5 }) }),
  },
);

/** The books of every block: what each has, and which transactions wait. */
class Books {
  blocks = [{ sats: [1e9, 1e9, 1e9], nonces: [0, 0, 0], done: [] }];
  waiting = [];

  get now() {
    return this.blocks.at(-1);
  }

  mine(burn) {
    const { sats: before, nonces } = this.now;
    if (burn) this.blocks.push({ sats: before, nonces, done: [] });
    const block = { sats: [...before], nonces: [...nonces], done: this.waiting };
    for (const { from, to, amount, guarded } of this.waiting) {
      const [left, right] = [NAMES.indexOf(from), NAMES.indexOf(to)];
      block.nonces[left] += 1;
      if (guarded || from === to || amount === 0 || block.sats[left] < amount) continue;
      block.sats[left] -= amount;
      block.sats[right] += amount;
    }
    this.waiting = [];
    this.blocks.push(block);
  }

  reorganise(depth) {
    const gone = this.blocks.splice(-depth);
    this.waiting.push(...gone.flatMap(({ done }) => done));
    this.waiting.sort((left, right) => left.order - right.order);
  }
}

describe("histories", () => {
  test("end as the books have them, whatever was taken back", async () => {
    const holds = async (steps) => {
      await fresh();
      const books = new Books();
      let order = 0;
      for (const each of steps) {
        if (each.kind === "send") {
          const { from, to, amount, guarded } = each;
          const postConditionMode = guarded ? PostConditionMode.Deny : PostConditionMode.Allow;
          await send(await transfer(from, to, amount, { postConditionMode }));
          books.waiting.push({ ...each, order: (order += 1) });
        } else if (each.kind === "mine") {
          await mine({ burn: each.burn });
          books.mine(each.burn);
        } else {
          const depth = Math.min(each.depth, books.blocks.length - 1);
          if (depth === 0) continue;
          await post("/devnet/reorg", { depth });
          books.reorganise(depth);
        }
        const { sats: expected, nonces } = books.now;
        assert.deepEqual(await Promise.all(NAMES.map(sats)), expected);
        assert.deepEqual(await Promise.all(NAMES.map(nonce)), nonces);
        assert.deepEqual(
          await Promise.all(NAMES.map(stx)),
          nonces.map((count) => 1e9 - count * FEE),
        );
      }
    };
    const history = fc.array(step, { minLength: 15, maxLength: 30 });
    await fc.assert(fc.asyncProperty(history, holds), RUNS);
  });
});
