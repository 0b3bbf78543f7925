// What the Stacks Blockchain API answers: /extended.
import { bare, checkPrincipal } from "./node-routes.mjs";
import { touched, totals, STX } from "./flows.mjs";
import { limitOf, page } from "./paging.mjs";
import { notFound } from "./router.mjs";
import {
  blockShape,
  burnBlockShape,
  decoded,
  eventShapes,
  prefixed,
  summaryShape,
  transactionShape,
  waitingShape,
  waitingTransactionShape,
} from "./shapes.mjs";

const BLOCKS = { most: 30 };
const TRANSACTIONS = { most: 50 };
const EVENTS = { most: 100 };
const PRIORITIES = ["no_priority", "low_priority", "medium_priority", "high_priority"];
const USUAL_FEES = [180, 300, 1000, 3000];

export function apiRoutes(chain) {
  const routes = [
    ["GET /extended", () => status(chain)],
    ["GET /extended/v2/blocks", ({ query }) => blocks(chain, query)],
    ["GET /extended/v2/blocks/:which", ({ which }) => blockShape(blockOf(chain, which))],
    ["GET /extended/v3/blocks/:which/transactions", ({ which, query }) => inBlock(chain, which, query)],
    ["GET /extended/v2/burn-blocks/:which", ({ which }) => burnBlock(chain, which)],
    ["GET /extended/v2/burn-blocks/:which/blocks", ({ which, query }) => ofBurnBlock(chain, which, query)],
    ["GET /extended/v3/transactions/:txid", ({ txid, query }) => transaction(chain, txid, query)],
    ["GET /extended/v3/transactions/:txid/events", ({ txid, query }) => events(chain, txid, query)],
    ["GET /extended/v2/smart-contracts/:contract/logs", ({ contract, query }) => logs(chain, contract, query)],
    ["GET /extended/v3/principals/:who/transactions", ({ who, query }) => ofPrincipal(chain, who, query)],
    ["GET /extended/v3/principals/:who/balance-changes", ({ who, query }) => changes(chain, who, query)],
    ["GET /extended/v3/principals/:who/mempool/transactions", ({ who, query }) => waiting(chain, who, query)],
    ["GET /extended/v3/principals/:who/nonces", ({ who }) => nonces(chain, who)],
    ["GET /extended/v3/principals/:who/balances/ft/:asset", ({ who, asset }) => tokens(chain, who, asset)],
    ["GET /extended/v3/principals/:who/balances/stx", ({ who }) => stx(chain, who)],
    ["GET /extended/v2/mempool/fees", () => fees(chain)],
  ];
  return routes.map(([path, handler]) => [path, (values, request) => {
    request.tag = `"${chain.tip.indexHash}:${chain.mempool.version}"`;
    return handler({ ...values, query: request.query });
  }]);
}

function status({ tip }) {
  return {
    server_version: "stacks-blockchain-api v9.0.2 (stacktill devnet)",
    status: "ready",
    pox_v1_unlock_height: 0,
    pox_v2_unlock_height: 0,
    chain_tip: {
      block_height: tip.height,
      block_hash: tip.hash,
      index_block_hash: tip.indexHash,
      burn_block_height: tip.burn.height,
    },
  };
}

// ------------------------------------------------------------------ blocks

function blockOf(chain, which) {
  const name = which === "latest" ? which : /^\d+$/.test(which) ? Number(which) : prefixed(which);
  const block = chain.block(name);
  if (block === null) throw notFound("block");
  return block;
}

/** Newest first; a cursor is the index hash of the page's first block. */
function blocks(chain, query) {
  const all = chain.blocks();
  const limit = limitOf(query, BLOCKS);
  const cursor = query.get("cursor");
  const start = cursor === null ? 0 : all.findIndex(({ indexHash }) => indexHash === prefixed(cursor));
  if (start < 0) throw notFound("cursor");
  const at = (place) => all[place]?.indexHash ?? null;
  return {
    limit,
    offset: 0,
    total: all.length,
    next_cursor: start === 0 ? null : at(Math.max(0, start - limit)),
    prev_cursor: at(start + limit),
    cursor: at(start),
    results: all.slice(start, start + limit).map(blockShape),
  };
}

function inBlock(chain, which, query) {
  const block = blockOf(chain, which);
  const receipts = [...block.receipts].reverse();
  return page(receipts.map((receipt) => summaryShape({ block, receipt })), query, TRANSACTIONS);
}

function burnOf(chain, which) {
  const all = chain.blocks();
  const isIt = ({ burn }) =>
    which === "latest" || burn.hash === prefixed(which) || String(burn.height) === which;
  const found = all.find(isIt);
  if (found === undefined) throw notFound("burn block");
  return { burn: found.burn, blocks: all.filter(({ burn }) => burn.hash === found.burn.hash) };
}

function burnBlock(chain, which) {
  const found = burnOf(chain, which);
  return burnBlockShape(found.burn, found.blocks);
}

function ofBurnBlock(chain, which, query) {
  const found = burnOf(chain, which);
  const limit = limitOf(query, BLOCKS);
  const offset = Number(query.get("offset") ?? 0);
  const results = found.blocks.slice(offset, offset + limit).map(blockShape);
  return { limit, offset, total: found.blocks.length, results };
}

// ------------------------------------------------------------------ transactions

function transaction(chain, txid, query) {
  const id = bare(txid);
  const found = chain.mined(id);
  const include = new Set(query.getAll("include").flatMap((names) => names.split(",")));
  if (found !== null) return transactionShape(found, include);
  const entry = chain.mempool.get(id);
  if (entry === null) throw notFound("transaction");
  return waitingTransactionShape(entry);
}

function events(chain, txid, query) {
  const found = chain.mined(bare(txid));
  if (found === null) throw notFound("transaction");
  return page(eventShapes(found.receipt.events), query, EVENTS);
}

/** What a contract printed, newest first; a cursor is `block:microblock:transaction:event`. */
function logs(chain, contract, query) {
  const all = chain.blocks().flatMap((block) =>
    block.receipts.flatMap((receipt) => logsOf(block, receipt, contract)).reverse(),
  );
  if (all.length === 0 && chain.sourceOf(contract) === null) throw notFound("contract");
  const limit = limitOf(query, EVENTS);
  const cursor = query.get("cursor");
  const start = cursor === null ? 0 : all.findIndex((each) => each.place === cursor);
  if (start < 0) throw notFound("cursor");
  const at = (place) => all[place]?.place ?? null;
  return {
    limit,
    offset: 0,
    total: all.length,
    next_cursor: start === 0 ? null : at(Math.max(0, start - limit)),
    prev_cursor: at(start + limit),
    cursor: at(start),
    results: all.slice(start, start + limit).map(({ shape }) => shape),
  };
}

function logsOf(block, receipt, contract) {
  return receipt.events.flatMap(({ event, data }, index) => {
    if (event !== "print_event" || data.contract_identifier !== contract) return [];
    const log = { contract_id: contract, topic: data.topic, value: decoded(data.raw_value) };
    const shape = {
      event_index: index,
      event_type: "smart_contract_log",
      tx_id: prefixed(receipt.transaction.txid),
      contract_log: log,
    };
    return [{ place: `${block.height}:2147483647:${receipt.index}:${index}`, shape }];
  });
}

// ------------------------------------------------------------------ principals

function involvementOf({ transaction, events: own }, who) {
  if (transaction.sender === who) return "sender";
  if (transaction.sponsor?.address === who) return "sponsor";
  return touched(own).some(({ principal }) => principal === who) ? "affected" : null;
}

function ofPrincipal(chain, who, query) {
  checkPrincipal(who);
  const found = chain.blocks().flatMap((block) =>
    [...block.receipts].reverse().flatMap((receipt) => {
      const involvement = involvementOf(receipt, who);
      return involvement === null ? [] : [{ block, receipt, involvement }];
    }),
  );
  const shapes = found.map(({ block, receipt, involvement }) => {
    const kinds = touched(receipt.events).filter(({ principal }) => principal === who);
    const has = (name) => kinds.some(({ kind }) => kind === name);
    return {
      transaction: summaryShape({ block, receipt }),
      involvement,
      balance_changes: { stx: changeShape(receipt, who, STX) },
      affected_asset_types: { stx: has("stx"), ft: has("ft"), nft: has("nft") },
      affected_balances: { stx: has("stx"), ft: has("ft"), nft: has("nft") },
    };
  });
  return page(shapes, query, TRANSACTIONS);
}

function changeShape({ transaction, events: own }, who, asset) {
  const { sent, received } = totals(own, who, asset);
  const fee = asset === STX && transaction.payer === who ? transaction.fee : 0n;
  const gone = sent + fee;
  return { sent: String(gone), received: String(received), net: String(received - gone) };
}

function changes(chain, who, query) {
  checkPrincipal(who);
  const only = query.get("tx_id");
  const receipts = only === null
    ? chain.blocks().flatMap((block) => [...block.receipts].reverse())
    : [chain.mined(bare(only))?.receipt].filter((each) => each !== undefined);
  const shapes = receipts.flatMap((receipt) => {
    const own = touched(receipt.events).filter(({ principal }) => principal === who);
    return own.map(({ asset, kind }) => ({
      tx_id: prefixed(receipt.transaction.txid),
      asset: asset === STX ? { type: "stx" } : { type: kind, identifier: asset },
      balance_change: changeShape(receipt, who, asset),
    }));
  });
  return page(shapes, query, EVENTS);
}

function waiting(chain, who, query) {
  checkPrincipal(who);
  return page(chain.mempool.of(who).reverse().map(waitingShape), query, TRANSACTIONS);
}

function nonces(chain, who) {
  checkPrincipal(who);
  const confirmed = chain.nonceOf(who);
  const pending = chain.mempool.noncesOf(who);
  const last = pending.at(-1) ?? null;
  const missing = [];
  for (let nonce = confirmed; last !== null && nonce < last; nonce += 1n) {
    if (!pending.includes(nonce)) missing.push(Number(nonce));
  }
  const next = missing[0] ?? Number(last === null ? confirmed : last + 1n);
  return {
    next_nonce: next,
    last_confirmed_nonce: confirmed === 0n ? null : Number(confirmed - 1n),
    mempool: {
      last_nonce: last === null ? null : Number(last),
      pending_nonces: pending.map(Number),
      missing_nonces: missing,
    },
  };
}

function tokens(chain, who, asset) {
  checkPrincipal(who);
  return { asset_identifier: asset, balance: String(chain.tokensOf(who, asset)) };
}

function stx(chain, who) {
  checkPrincipal(who);
  const balance = String(chain.stxOf(who));
  return { balance, available: balance, locked: null };
}

// ------------------------------------------------------------------ fees

function fees(chain) {
  const of = (type) => {
    const paid = chain.mempool
      .pending()
      .filter(({ transaction: each }) => type === null || each.type === type)
      .map(({ transaction: each }) => Number(each.fee))
      .sort((left, right) => left - right);
    const at = (part) => paid[Math.min(paid.length - 1, Math.floor(paid.length * part))];
    const values = paid.length === 0 ? USUAL_FEES : [paid[0], at(0.25), at(0.5), at(0.9)];
    return Object.fromEntries(PRIORITIES.map((name, place) => [name, values[place]]));
  };
  return {
    all: of(null),
    token_transfer: of("token_transfer"),
    contract_call: of("contract_call"),
    smart_contract: of("smart_contract"),
  };
}
