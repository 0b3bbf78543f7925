// Every line, function and branch of the contracts is reached by some test.
import assert from "node:assert/strict";
import { fresh } from "../kit/chain.mjs";
import { unreached, watched } from "../kit/reports.mjs";

/** To be run when all tests are through. */
export async function assertAllReached() {
  await fresh();
  assert.deepEqual(unreached(), [], "no test reaches these");
  console.log(`covered: all ${watched()} lines, functions and branches of the contracts`);
}
