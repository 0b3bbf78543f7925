// The API's transactions: one, its events, what contracts printed, and what transactions pay.
import { bare } from "./node-routes.mjs";
import { limitOf, page } from "./paging.mjs";
import { notFound } from "./router.mjs";
import {
  decoded,
  eventShapes,
  prefixed,
  transactionShape,
  waitingTransactionShape,
} from "./shapes.mjs";

const EVENTS = { most: 100 };
const PRIORITIES = ["no_priority", "low_priority", "medium_priority", "high_priority"];
const USUAL_FEES = [180, 300, 1000, 3000];

export function transactionRoutes(chain) {
  return [
    [
      "GET /extended/v3/transactions/:txid",
      ({ txid }, { query }) => transaction(chain, txid, query),
    ],
    [
      "GET /extended/v3/transactions/:txid/events",
      ({ txid }, { query }) => events(chain, txid, query),
    ],
    [
      "GET /extended/v2/smart-contracts/:contract/logs",
      ({ contract }, { query }) => logs(chain, contract, query),
    ],
    ["GET /extended/v2/mempool/fees", () => fees(chain)],
  ];
}

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
  const all = chain
    .blocks()
    .flatMap((block) =>
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
    results: all.slice(start, start + limit).map(logShape),
  };
}

function logsOf(block, receipt, contract) {
  return receipt.events.flatMap(({ event, data }, index) => {
    if (event !== "print_event" || data.contract_identifier !== contract) return [];
    const place = `${block.height}:2147483647:${receipt.index}:${index}`;
    return [{ place, index, txid: receipt.transaction.txid, data }];
  });
}

function logShape({ index, txid, data }) {
  const { contract_identifier: contract, topic, raw_value: value } = data;
  return {
    event_index: index,
    event_type: "smart_contract_log",
    tx_id: prefixed(txid),
    contract_log: { contract_id: contract, topic, value: decoded(value) },
  };
}

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
