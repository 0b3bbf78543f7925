// How blocks, transactions and events look in the API's answers (Stacks Blockchain API 9.0, version 3 paths).
import { cvToHex, cvToString, hexToCV, PostConditionMode } from "@stacks/transactions";
import { conditionShape } from "./shapes-conditions.mjs";

const MODES = {
  [PostConditionMode.Allow]: "allow",
  [PostConditionMode.Deny]: "deny",
  [PostConditionMode.Originator]: "originator",
};

/** What a transaction costs that is not run. */
export const NO_COST = {
  read_count: 0,
  read_length: 0,
  runtime: 0,
  write_count: 0,
  write_length: 0,
};

/** An id or a hash with 0x before it. */
export const prefixed = (hash) => (hash.startsWith("0x") ? hash : `0x${hash}`);

/** A Clarity value, given in hex. */
export const decoded = (hex) => ({ hex, repr: cvToString(hexToCV(hex)) });

export function blockShape(block) {
  const cost = sumOfCosts(block.receipts);
  return {
    canonical: true,
    height: block.height,
    hash: block.hash,
    block_time: block.time,
    block_time_iso: new Date(block.time * 1000).toISOString(),
    tenure_height: block.tenureHeight,
    index_block_hash: block.indexHash,
    parent_block_hash: block.parentHash,
    parent_index_block_hash: block.parentIndexHash,
    burn_block_time: block.burn.time,
    burn_block_time_iso: new Date(block.burn.time * 1000).toISOString(),
    burn_block_hash: block.burn.hash,
    burn_block_height: block.burn.height,
    miner_txid: block.burn.hash,
    tx_count: block.receipts.length,
    execution_cost_read_count: cost.read_count,
    execution_cost_read_length: cost.read_length,
    execution_cost_runtime: cost.runtime,
    execution_cost_write_count: cost.write_count,
    execution_cost_write_length: cost.write_length,
  };
}

function sumOfCosts(receipts) {
  const sum = { ...NO_COST };
  for (const { cost } of receipts) {
    for (const unit of Object.keys(sum)) sum[unit] += cost?.[unit] ?? 0;
  }
  return sum;
}

export function burnBlockShape(burn, blocks) {
  return {
    burn_block_time: burn.time,
    burn_block_time_iso: new Date(burn.time * 1000).toISOString(),
    burn_block_hash: burn.hash,
    burn_block_height: burn.height,
    stacks_blocks: blocks.map(({ hash }) => hash),
    total_tx_count: blocks.reduce((sum, { receipts }) => sum + receipts.length, 0),
  };
}

/** A mined transaction as lists show it. */
export function summaryShape({ block, receipt }) {
  const { transaction } = receipt;
  return {
    ...commonShape(transaction),
    block: {
      height: block.height,
      hash: block.hash,
      index_hash: block.indexHash,
      time: block.time,
      tx_index: receipt.index,
    },
    bitcoin_block: { height: block.burn.height, time: block.burn.time },
    status: receipt.status,
    ...payloadShape(transaction, null),
  };
}

/** A mined transaction by itself; `include` names the parts that are left out otherwise. */
export function transactionShape({ block, receipt }, include) {
  const { transaction } = receipt;
  return {
    ...summaryShape({ block, receipt }),
    ...payloadShape(transaction, include),
    parent_block: { hash: block.parentHash, index_hash: block.parentIndexHash },
    event_count: receipt.events.length,
    execution_cost: receipt.cost ?? NO_COST,
    vm_error: receipt.vmError,
    ...(include.has("result") ? { result: decoded(receipt.result) } : {}),
    ...(include.has("post_conditions") ? conditionsShape(transaction) : {}),
  };
}

/** A transaction that waits or was given up, as lists show it. */
export function waitingShape({ transaction, status, receivedAt, receivedHeight }) {
  return {
    ...commonShape(transaction),
    receipt_time: receivedAt,
    receipt_block_height: receivedHeight,
    status,
    ...payloadShape(transaction, null),
  };
}

/** The same by itself. */
export function waitingTransactionShape(entry) {
  const { transaction, replacedBy } = entry;
  return {
    ...waitingShape(entry),
    ...payloadShape(transaction, new Set(["function_args", "source_code"])),
    post_conditions: conditionsShape(transaction).post_conditions,
    replaced_by_tx_id: replacedBy === null ? null : prefixed(replacedBy),
  };
}

function commonShape({ txid, sender, nonce, sponsor, fee }) {
  const account = ({ address, nonce: number }) => ({ address, nonce: Number(number) });
  return {
    tx_id: prefixed(txid),
    sender: account({ address: sender, nonce }),
    sponsor: sponsor === null ? null : account(sponsor),
    fee_rate: String(fee),
  };
}

/** What a transaction does; `include` is null in lists, which have a memo in hex only. */
function payloadShape(transaction, include) {
  const { type, contract } = transaction;
  if (type === "token_transfer") {
    const { recipient, amount } = transaction;
    const memo = include === null ? transaction.memo : memoShape(transaction);
    return { type, token_transfer: { recipient, amount: String(amount), memo } };
  }
  if (type === "smart_contract") {
    const source = include?.has("source_code") ? { source_code: transaction.source } : {};
    const { clarity } = transaction;
    return { type, smart_contract: { contract_id: contract, clarity_version: clarity, ...source } };
  }
  const values = transaction.values.map((value) => decoded(cvToHex(value)));
  const given = include?.has("function_args") ? { function_args: values } : {};
  const call = { contract_id: contract, function_name: transaction.function, ...given };
  return { type, contract_call: call };
}

function conditionsShape({ mode, conditions }) {
  return {
    post_condition_mode: MODES[mode],
    post_conditions: conditions.map(conditionShape),
  };
}

/** The events of a mined transaction, counted from 0. */
export function eventShapes(events) {
  return events.map((event, index) => ({ event_index: index, ...eventShape(event) }));
}

function eventShape({ event, data }) {
  if (event === "print_event") {
    const { contract_identifier, topic, raw_value } = data;
    const value = decoded(raw_value);
    return {
      type: "contract_log",
      contract_log: { contract_id: contract_identifier, topic, value },
    };
  }
  const [, kind, verb] = /^(stx|ft|nft)_(\w+)_event$/.exec(event);
  const { sender = null, recipient = null, amount = null, asset_identifier } = data;
  const asset = { type: verb, sender, recipient };
  if (kind === "stx")
    return { type: "stx_asset", stx_asset: { ...asset, amount, memo: memoShape(data) } };
  if (kind === "ft") return { type: "ft_asset", ft_asset: { ...asset, asset_identifier, amount } };
  return {
    type: "nft_asset",
    nft_asset: { ...asset, asset_identifier, value: decoded(data.raw_value) },
  };
}

function memoShape({ memo }) {
  if (!memo) return null;
  return { hex: memo, repr: Buffer.from(memo.slice(2), "hex").toString().replaceAll("\0", "") };
}
