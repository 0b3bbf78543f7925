// The API's blocks: tip, lists, Bitcoin blocks, and the transactions of one.
import { limitOf, page } from "./paging.mjs";
import { notFound } from "./router.mjs";
import { blockShape, burnBlockShape, prefixed, summaryShape } from "./shapes.mjs";

const BLOCKS = { most: 30 };
const TRANSACTIONS = { most: 50 };

export function blockRoutes(chain) {
  return [
    ["GET /extended", () => status(chain)],
    ["GET /extended/v2/blocks", (_, { query }) => blocks(chain, query)],
    ["GET /extended/v2/blocks/:which", ({ which }) => blockShape(blockOf(chain, which))],
    [
      "GET /extended/v3/blocks/:which/transactions",
      ({ which }, { query }) => inBlock(chain, which, query),
    ],
    ["GET /extended/v2/burn-blocks/:which", ({ which }) => burnBlock(chain, which)],
    [
      "GET /extended/v2/burn-blocks/:which/blocks",
      ({ which }, { query }) => ofBurnBlock(chain, which, query),
    ],
  ];
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
  const start =
    cursor === null ? 0 : all.findIndex(({ indexHash }) => indexHash === prefixed(cursor));
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
  const shape = (receipt) => summaryShape({ block, receipt });
  return page(receipts, query, { ...TRANSACTIONS, shape });
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
