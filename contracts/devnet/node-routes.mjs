// What a Stacks node answers: /v2 and a little of /v3.
import { Cl, cvToHex, hexToCV, serializeCVBytes } from "@stacks/transactions";
import { CHAIN_ID, SBTC, SBTC_REGISTRY, SERVER_VERSION } from "./network.mjs";
import { Rejection } from "./rejection.mjs";
import { Answer, notFound } from "./router.mjs";
import { txidOf } from "./transactions.mjs";

const FEES = [180n, 300n, 3000n]; // Micro-STX for a small transaction: low, middle, high.

export function nodeRoutes(chain) {
  return [
    ["GET /v2/info", () => info(chain)],
    ["GET /v2/pox", () => pox(chain)],
    ["GET /v3/health", () => health(chain)],
    ["POST /v2/transactions", (_, request) => broadcast(chain, request)],
    ["GET /v2/transactions/unconfirmed/:txid", ({ txid }) => unconfirmed(chain, txid)],
    ["GET /v3/transaction/:txid", ({ txid }) => indexed(chain, txid)],
    ["GET /v2/accounts/:principal", ({ principal }) => account(chain, principal)],
    ["POST /v2/fees/transaction", (_, request) => estimate(request)],
    ["GET /v2/fees/transfer", () => 1],
    ["GET /v2/contracts/source/:address/:name", (given) => source(chain, given)],
    ["GET /v2/contracts/interface/:address/:name", (given) => shape(chain, given)],
    [
      "POST /v2/contracts/call-read/:address/:name/:fn",
      (given, request) => ask(chain, given, request),
    ],
    ["POST /v2/map_entry/:address/:name/:map", (given, request) => mapEntry(chain, given, request)],
    ["GET /v2/data_var/:address/:name/:variable", (given) => dataVariable(chain, given)],
  ];
}

function info(chain) {
  const { tip } = chain;
  return {
    peer_version: 402653196,
    pox_consensus: tip.burn.consensusHash.slice(2),
    burn_block_height: tip.burn.height,
    stable_pox_consensus: tip.burn.consensusHash.slice(2),
    stable_burn_block_height: Math.max(0, tip.burn.height - 1),
    server_version: SERVER_VERSION,
    network_id: CHAIN_ID,
    parent_network_id: 3669344250,
    stacks_tip_height: tip.height,
    stacks_tip: tip.hash.slice(2),
    stacks_tip_consensus_hash: tip.burn.consensusHash.slice(2),
    genesis_chainstate_hash: chain.first.hash.slice(2),
    unanchored_tip: null,
    unanchored_seq: null,
    tenure_height: tip.tenureHeight,
    exit_at_block_height: null,
    is_fully_synced: true,
  };
}

function pox({ tip }) {
  return {
    contract_id: "ST000000000000000000002AMW42H.pox-5",
    current_burnchain_block_height: tip.burn.height,
    first_burnchain_block_height: 0,
    pox_5_sbtc_contract: SBTC,
    pox_5_sbtc_registry_contract: SBTC_REGISTRY,
  };
}

function health({ tip }) {
  const height = tip.height;
  return {
    difference_from_max_peer: 0,
    max_stacks_height_of_neighbors: height,
    node_stacks_tip_height: height,
  };
}

/** Raw bytes, or JSON with them in hex; answers the id, as a JSON text without 0x. */
function broadcast(chain, { headers, bytes, json }) {
  const isJson = (headers["content-type"] ?? "").includes("json");
  const raw = isJson ? Buffer.from(String(json().tx ?? "").replace(/^0x/, ""), "hex") : bytes;
  try {
    return JSON.stringify(chain.submit(raw).txid);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const isUnread = error.reason === "Deserialization";
    throw new Answer(400, error.body(isUnread ? undefined : txidOf(raw)));
  }
}

function unconfirmed(chain, txid) {
  const entry = chain.mempool.get(bare(txid));
  if (entry?.status !== "pending") throw notFound("transaction");
  return { tx: entry.transaction.bytes.toString("hex"), status: "Mempool" };
}

function indexed(chain, txid) {
  const found = chain.mined(bare(txid));
  if (found === null) throw notFound("transaction");
  const { block, receipt } = found;
  return {
    index_block_hash: block.indexHash.slice(2),
    tx: receipt.transaction.bytes.toString("hex"),
    result: receipt.result,
    block_height: block.height,
    is_canonical: true,
  };
}

function account(chain, principal) {
  checkPrincipal(principal);
  const hex = (amount) => `0x${amount.toString(16).padStart(32, "0")}`;
  return {
    balance: hex(chain.stxOf(principal)),
    locked: hex(0n),
    unlock_height: 0,
    nonce: Number(chain.nonceOf(principal)),
  };
}

function estimate({ json }) {
  const { transaction_payload: payload, estimated_len: length } = json();
  if (typeof payload !== "string" || !/^(0x)?([0-9a-f]{2})+$/i.test(payload)) {
    throw new Answer(400, { error: "Bad Request", reason: "transaction_payload is hex" });
  }
  const kind = parseInt(payload.replace(/^0x/, "").slice(0, 2), 16);
  if (kind === 1 || kind === 6) {
    const reason = "NoEstimateAvailable";
    throw new Answer(400, { error: "Estimation failed", reason, reason_data: { message: reason } });
  }
  const size = BigInt(length ?? payload.length / 2 + 200);
  const none = { read_count: 0, read_length: 0, runtime: 0, write_count: 0, write_length: 0 };
  return {
    estimated_cost: none,
    estimated_cost_scalar: 10,
    cost_scalar_change_by_byte: 0.00476837158203125,
    estimations: FEES.map((fee, place) => ({
      fee_rate: Number(fee) / 10,
      fee: Number(fee > size ? fee : size + BigInt(place)),
    })),
  };
}

function source(chain, { address, name }) {
  const found = chain.sourceOf(`${address}.${name}`);
  if (found === null) throw notFound("contract");
  return { source: found, publish_height: chain.first.height, proof: null };
}

function shape(chain, { address, name }) {
  const found = chain.interfaceOf(`${address}.${name}`);
  if (found === null) throw notFound("contract");
  return found;
}

function ask(chain, { address, name, fn }, { json }) {
  const { sender, arguments: values = [] } = json();
  checkPrincipal(sender);
  const contract = `${address}.${name}`;
  const known = chain.interfaceOf(contract);
  if (known === null) return { okay: false, cause: `NoSuchContract("${contract}")` };
  const called = known.functions.find((each) => each.name === fn);
  if (called === undefined) return { okay: false, cause: `UndefinedFunction("${fn}")` };
  if (called.access !== "read_only") return { okay: false, cause: "PublicFunctionNotReadOnly" };
  try {
    const given = values.map((hex) => serializeCVBytes(hexToCV(hex)));
    return { okay: true, result: chain.ask(contract, fn, given, sender) };
  } catch (error) {
    return { okay: false, cause: String(error.message ?? error) };
  }
}

function mapEntry(chain, { address, name, map }, { json }) {
  const key = json();
  if (typeof key !== "string")
    throw new Answer(400, { error: "the body is the key, as hex in JSON" });
  try {
    return { data: chain.mapEntry(`${address}.${name}`, map, serializeCVBytes(hexToCV(key))) };
  } catch {
    throw notFound("map");
  }
}

function dataVariable(chain, { address, name, variable }) {
  try {
    return { data: chain.dataVariable(`${address}.${name}`, variable) };
  } catch {
    throw notFound("data variable");
  }
}

/** A txid without 0x. */
export const bare = (txid) => txid.replace(/^0x/, "").toLowerCase();

/** Refuse what is no principal. */
export function checkPrincipal(text) {
  try {
    return cvToHex(Cl.principal(String(text)));
  } catch {
    throw new Answer(400, { error: "Bad Request", message: `not a principal: ${text}` });
  }
}
