// What moves the chain: blocks, reorganisations, time, money, faults. All of it below /devnet.
import { Rejection } from "./rejection.mjs";
import { Answer, notFound } from "./router.mjs";
import { Faults } from "./faults.mjs";
import { bare, checkPrincipal } from "./node-routes.mjs";

const MOST_BLOCKS = 10_000;

export function controlRoutes({ chain, clock, faucet, faults, observers, ticker, description }) {
  return [
    ["GET /devnet", () => ({ ...description(), ...stateOf({ chain, ticker, observers, faults }) })],
    ["POST /devnet/mine", (_, { json }) => mine(chain, json())],
    ["POST /devnet/reorg", (_, { json }) => reorganise(chain, json())],
    ["POST /devnet/reset", () => reset({ chain, clock, faults, observers, ticker })],
    ["POST /devnet/time", (_, { json }) => advance(clock, json())],
    ["POST /devnet/interval", (_, { json }) => ticker.set(json())],
    ["POST /devnet/faucet", (_, { json }) => give(chain, faucet, json())],
    ["POST /devnet/transfer", (_, { json }) => transfer(faucet, json())],
    ["POST /devnet/mint", (_, { json }) => mint(faucet, json())],
    ["POST /devnet/drop", (_, { json }) => drop(chain, json())],
    ["POST /devnet/skip", (_, { json }) => skip(chain, json())],
    ["POST /devnet/observers", (_, { json }) => observe(observers, json())],
    ["DELETE /devnet/observers", (_, { json }) => forget(observers, json())],
    ["POST /devnet/observers/settle", () => observers.settled().then(() => observers.list())],
    ["GET /devnet/faults", () => ({ modes: Faults.modes, faults: faults.list() })],
    ["POST /devnet/faults", (_, { json }) => fail(faults, json())],
    ["DELETE /devnet/faults", () => clear(faults)],
  ];
}

function stateOf({ chain, ticker, observers, faults }) {
  return {
    tip: placeOf(chain.tip),
    waiting: chain.mempool.pending().length,
    interval: ticker.interval,
    observers: observers.list(),
    faults: faults.list(),
  };
}

function placeOf(block) {
  return {
    height: block.height,
    index_block_hash: block.indexHash,
    block_time: block.time,
    burn_block_height: block.burn.height,
    transactions: block.receipts.map(({ transaction, status }) => ({
      txid: transaction.txid,
      status,
    })),
  };
}

/** Mine `count` blocks, the first on a new Bitcoin block with `burn`; `burn_every` of them after that. */
function mine(chain, { count = 1, burn = false, burn_every: every = 0 }) {
  const total = whole("count", count, { least: 1, most: MOST_BLOCKS });
  const blocks = [];
  for (let done = 0; done < total; done += 1) {
    const isNewTenure = (burn && done === 0) || (every > 0 && done > 0 && done % every === 0);
    blocks.push(chain.mine({ burn: isNewTenure }));
  }
  return { blocks: blocks.slice(-100).map(placeOf), tip: placeOf(chain.tip) };
}

/** Take back `depth` blocks; `lose` their transactions or let them wait again; `mine` new ones at once. */
function reorganise(chain, { depth = 1, lose = false, mine: count = 0 }) {
  const blocks = chain.reorganise(whole("depth", depth, { least: 1, most: chain.depth }), { lose });
  const mined = count > 0 ? mine(chain, { count }).blocks : [];
  return { orphaned: blocks.map(placeOf), mined, tip: placeOf(chain.tip) };
}

/** Begin anew: the first block, no timer, the true time, good weather, nobody watching. */
function reset({ chain, clock, faults, observers, ticker }) {
  clock.reset();
  ticker.set({ seconds: 0 });
  faults.clear();
  for (const { url } of observers.list()) observers.remove(url);
  chain.reset();
  return { tip: placeOf(chain.tip) };
}

function advance(clock, { advance: seconds }) {
  clock.advance(whole("advance", seconds, { least: 0, most: 10 ** 9 }));
  return { now: clock.now() };
}

async function give(chain, faucet, { address, stx = 0, sats = 0, mine: isMined = true }) {
  checkPrincipal(address);
  const txids = await answered(() => faucet.give({ address, stx, sats }));
  if (isMined) chain.mine();
  return { txids };
}

async function transfer(faucet, { from = "alice", to, sats, memo = null }) {
  checkPrincipal(to);
  const amount = whole("sats", sats, { least: 0, most: 2.1e15 });
  return { txid: await answered(() => faucet.transfer({ from, to, sats: amount, memo })) };
}

async function mint(faucet, { to, sats }) {
  checkPrincipal(to);
  const amount = whole("sats", sats, { least: 1, most: 2.1e15 });
  return { txid: await answered(() => faucet.mint({ to, sats: amount })) };
}

function drop(chain, { txid, reason = "stale_garbage_collect" }) {
  if (!chain.drop(bare(String(txid)), reason)) throw notFound("transaction");
  return { txid, status: `dropped_${reason}` };
}

function skip(chain, { txid }) {
  chain.skip(bare(String(txid)));
  return { txid };
}

function observe(observers, { url, headers }) {
  if (!URL.canParse(url))
    throw new Answer(400, { error: "url is an address such as http://127.0.0.1:3700" });
  observers.add(url.replace(/\/$/, ""), headers);
  return { observers: observers.list() };
}

function forget(observers, { url }) {
  observers.remove(String(url).replace(/\/$/, ""));
  return { observers: observers.list() };
}

function fail(faults, given) {
  faults.add(given);
  return { faults: faults.list() };
}

function clear(faults) {
  faults.clear();
  return { faults: [] };
}

function whole(name, value, { least, most }) {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new Answer(400, { error: `${name} is a whole number from ${least} to ${most}` });
}

async function answered(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Rejection) throw new Answer(400, error.body());
    throw error;
  }
}
