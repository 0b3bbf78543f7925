// The API's principals: what they did, what they have, what waits of theirs.
import { STX, touched, totals } from "./flows.mjs";
import { bare, checkPrincipal } from "./node-routes.mjs";
import { page } from "./paging.mjs";
import { prefixed, summaryShape, waitingShape } from "./shapes.mjs";

const TRANSACTIONS = { most: 50 };
const CHANGES = { most: 100 };

export function principalRoutes(chain) {
  const routes = {
    transactions: (who, query) => transactions(chain, who, query),
    "balance-changes": (who, query) => changes(chain, who, query),
    "mempool/transactions": (who, query) => waiting(chain, who, query),
    nonces: (who) => nonces(chain, who),
    "balances/stx": (who) => stx(chain, who),
    "balances/ft/:asset": (who, _, asset) => tokens(chain, who, asset),
  };
  return Object.entries(routes).map(([path, answer]) => [
    `GET /extended/v3/principals/:who/${path}`,
    ({ who, asset }, { query }) => {
      checkPrincipal(who);
      return answer(who, query, asset);
    },
  ]);
}

function involvementOf({ transaction, events: own }, who) {
  if (transaction.sender === who) return "sender";
  if (transaction.sponsor?.address === who) return "sponsor";
  return touched(own).some(({ principal }) => principal === who) ? "affected" : null;
}

function transactions(chain, who, query) {
  const found = chain.blocks().flatMap((block) =>
    [...block.receipts].reverse().flatMap((receipt) => {
      const involvement = involvementOf(receipt, who);
      return involvement === null ? [] : [{ block, receipt, involvement }];
    }),
  );
  return page(found, query, { ...TRANSACTIONS, shape: (each) => involvedShape(each, who) });
}

function involvedShape({ block, receipt, involvement }, who) {
  const kinds = touched(receipt.events).filter(({ principal }) => principal === who);
  const has = (name) => kinds.some(({ kind }) => kind === name);
  const affected = { stx: has("stx"), ft: has("ft"), nft: has("nft") };
  return {
    transaction: summaryShape({ block, receipt }),
    involvement,
    balance_changes: { stx: changeShape(receipt, who, STX) },
    affected_asset_types: affected,
    affected_balances: affected,
  };
}

function changeShape({ transaction, events: own }, who, asset) {
  const { sent, received } = totals(own, who, asset);
  const fee = asset === STX && transaction.payer === who ? transaction.fee : 0n;
  const gone = sent + fee;
  return { sent: String(gone), received: String(received), net: String(received - gone) };
}

function changes(chain, who, query) {
  const only = query.get("tx_id");
  const receipts =
    only === null
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
  return page(shapes, query, CHANGES);
}

function waiting(chain, who, query) {
  return page(chain.mempool.of(who).reverse(), query, { ...TRANSACTIONS, shape: waitingShape });
}

function nonces(chain, who) {
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
  return { asset_identifier: asset, balance: String(chain.tokensOf(who, asset)) };
}

function stx(chain, who) {
  const balance = String(chain.stxOf(who));
  return { balance, available: balance, locked: null };
}
