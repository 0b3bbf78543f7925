// Bad weather on request: every way in which an answer can fail.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { devnet, fresh, get, mine, post } from "../kit/client.mjs";

const ask = (path = "/extended", options = {}) => fetch(devnet.url + path, options);
const fault = (mode, more = {}) => post("/devnet/faults", { mode, ...more });
const clear = () => post("/devnet/faults", {}, { method: "DELETE" });
const soon = () => ({ signal: AbortSignal.timeout(150) });

describe("faults", () => {
  beforeEach(fresh);
  afterEach(clear);

  for (const [mode, status] of [
    ["error", 500],
    ["unavailable", 503],
    ["rate_limit", 429],
    ["not_found", 404],
  ]) {
    test(`${mode}: status ${status}`, async () => {
      await fault(mode);
      assert.equal((await ask()).status, status);
      assert.equal((await ask("/v2/info")).status, status);
      await clear();
      assert.equal((await ask()).status, 200);
    });
  }

  test("rate_limit says when to come again", async () => {
    await fault("rate_limit");
    assert.equal((await ask()).headers.get("retry-after"), "1");
  });

  for (const mode of ["garbage", "html", "empty"]) {
    test(`${mode}: status 200, and no JSON`, async () => {
      await fault(mode);
      const answer = await ask();
      assert.equal(answer.status, 200);
      await assert.rejects(answer.json());
    });
  }

  test("wrong_shape: JSON that nobody expects", async () => {
    await fault("wrong_shape");
    assert.deepEqual(Object.keys(await get("/extended")), ["surprise"]);
  });

  test("truncated: the connection ends within the answer", async () => {
    await fault("truncated");
    const answer = await ask();
    await assert.rejects(answer.text());
  });

  test("close: the connection ends before the answer", async () => {
    await fault("close");
    await assert.rejects(ask());
  });

  test("hang: no answer, and slow: a late one", async () => {
    await fault("hang", { count: 1 });
    await assert.rejects(ask("/extended", soon()), { name: "TimeoutError" });
    await fault("slow", { seconds: 0.2, count: 1 });
    const before = Date.now();
    assert.equal((await ask()).status, 200);
    assert.ok(Date.now() - before >= 190);
  });

  test("drip: letter by letter", async () => {
    await fault("drip", { seconds: 30 });
    const answer = await ask("/extended", soon());
    await assert.rejects(answer.text(), { name: "TimeoutError" });
  });

  test("frozen: what was true once, for ever", async () => {
    const before = await get("/extended");
    await fault("frozen");
    assert.deepEqual(await get("/extended"), before);
    await mine();
    assert.deepEqual(await get("/extended"), before);
    await clear();
    assert.notDeepEqual(await get("/extended"), before);
  });

  test("hit the paths and the number of requests they are meant for", async () => {
    await fault("error", { paths: "^/v2/", count: 2 });
    assert.equal((await ask()).status, 200);
    assert.deepEqual([(await ask("/v2/info")).status, (await ask("/v2/pox")).status], [500, 500]);
    assert.equal((await ask("/v2/info")).status, 200);
  });

  test("never hit the controls, and are listed there", async () => {
    await fault("close");
    const { modes, faults } = await get("/devnet/faults");
    assert.ok(modes.length >= 12);
    assert.deepEqual(faults, [{ mode: "close", paths: ".*", left: null }]);
    await post("/devnet/faults", { mode: "earthquake" }, { status: 400 });
  });
});
