// Bad weather for whoever asks this chain: slow, silent, wrong and broken answers, as hosts really give them.
import { setTimeout as sleep } from "node:timers/promises";
import { Answer } from "./router.mjs";

const HOUR = 3_600_000;

/** Each takes (outgoing, work, fault) and answers, or lets `work` answer. */
const MODES = {
  error: () => {
    throw new Answer(500, { error: "internal error" });
  },
  unavailable: () => {
    throw new Answer(503, { error: "unavailable" }, { "retry-after": "1" });
  },
  rate_limit: () => {
    throw new Answer(429, { error: "too many requests" }, { "retry-after": "1" });
  },
  not_found: () => {
    throw new Answer(404, { error: "not found" });
  },
  garbage: (outgoing) => written(outgoing, "\u0000\u0001 not JSON at all"),
  html: (outgoing) => written(outgoing, "<html><body>We are back soon.</body></html>", "text/html"),
  empty: (outgoing) => written(outgoing, ""),
  wrong_shape: () => ({ surprise: [null, true, { "": -1 }] }),
  truncated: (outgoing) => {
    outgoing.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
    outgoing.write('{"results": [{"tx_id": "0x', () => outgoing.destroy());
  },
  close: (outgoing) => outgoing.destroy(),
  hang: async (outgoing, _work, { seconds }) => {
    await sleep((seconds ?? 3600) * 1000, null, { ref: false });
    outgoing.destroy();
  },
  slow: async (_outgoing, work, { seconds }) => {
    await sleep((seconds ?? 5) * 1000, null, { ref: false });
    return work();
  },
  drip: async (outgoing, work, { seconds }) => {
    const text = JSON.stringify(await work());
    outgoing.writeHead(200, { "content-type": "application/json" });
    const pause = ((seconds ?? 60) * 1000) / text.length;
    for (const letter of text) {
      outgoing.write(letter);
      await sleep(Math.min(pause, HOUR), null, { ref: false });
      if (outgoing.destroyed) return;
    }
    outgoing.end();
  },
  frozen: async (_outgoing, work, fault, url) => {
    if (!fault.seen.has(url)) fault.seen.set(url, await work());
    return fault.seen.get(url);
  },
};

function written(outgoing, text, type = "application/json") {
  outgoing.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
  outgoing.end(text);
}

/** The faults that are on. Paths below /devnet never fail. */
export class Faults {
  #faults = [];

  static modes = Object.keys(MODES);

  /** Let answers below paths (a regular expression) fail in a way, `count` times or until cleared. */
  add({ mode, paths = ".*", count = null, seconds }) {
    if (!(mode in MODES)) {
      throw new Answer(400, { error: `mode is one of: ${Faults.modes.join(", ")}` });
    }
    this.#faults.push({
      mode,
      paths: new RegExp(paths),
      left: count ?? Infinity,
      seconds,
      seen: new Map(),
    });
  }

  clear() {
    this.#faults = [];
  }

  list() {
    return this.#faults.map(({ mode, paths, left }) => ({
      mode,
      paths: paths.source,
      left: left === Infinity ? null : left,
    }));
  }

  /** Answer a request, with a fault if one is on for it. */
  around(request, outgoing, work) {
    const { path, query } = request;
    const fault = path.startsWith("/devnet")
      ? undefined
      : this.#faults.find(({ paths, left }) => left > 0 && paths.test(path));
    if (fault === undefined) return work();
    fault.left -= 1;
    return MODES[fault.mode](outgoing, work, fault, `${request.method} ${path}?${query}`);
  }
}
