// Event observers: what a Stacks node posts to whoever wants to be told.
import { setTimeout as sleep } from "node:timers/promises";
import { NO_COST, prefixed } from "./shapes.mjs";

const TRIES = 20;
const TIMEOUT_MS = 5000;
const PAUSE_MS = 250;
const TYPES = { print_event: "contract_event" };

/** Tells each observer everything in order, again and again until it says 200 or is given up on. */
export class Observers {
  #queues = new Map();

  /** Begin to tell an observer; `headers` go with every message. */
  add(url, headers = {}) {
    this.#queues.set(url, { headers, last: Promise.resolve(), told: 0, lost: 0 });
  }

  remove(url) {
    this.#queues.delete(url);
  }

  list() {
    return [...this.#queues].map(([url, { told, lost }]) => ({ url, told, lost }));
  }

  /** Resolves when everything that was to be told so far is told or given up. */
  async settled() {
    await Promise.all([...this.#queues.values()].map(({ last }) => last));
  }

  /** Listen to a chain. */
  listenTo(chain) {
    chain.onChange((what, about) => {
      if (what === "block") this.#tell("/new_block", blockMessage(about, chain));
      if (what === "burn_block") this.#tell("/new_burn_block", burnBlockMessage(about));
      if (what === "transaction")
        this.#tell("/new_mempool_tx", [`0x${about.bytes.toString("hex")}`]);
      if (what === "drop") {
        this.#tell("/drop_mempool_tx", dropMessage(about));
      }
    });
  }

  #tell(path, message) {
    const body = JSON.stringify(message);
    for (const [url, queue] of this.#queues) {
      queue.last = queue.last.then(() => this.#deliver(url + path, body, url, queue));
    }
  }

  async #deliver(url, body, observer, queue) {
    for (let attempt = 0; attempt < TRIES && this.#queues.get(observer) === queue; attempt += 1) {
      try {
        const headers = { "content-type": "application/json", ...queue.headers };
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const answer = await fetch(url, { method: "POST", body, headers, signal });
        await answer.arrayBuffer();
        if (answer.status === 200) {
          queue.told += 1;
          return;
        }
      } catch {
        // Nobody there, or too slow: try again.
      }
      await sleep(PAUSE_MS, null, { ref: false });
    }
    queue.lost += 1;
  }
}

// Why a block does not run a transaction is a number that nobody has to understand.
const SKIP_CATEGORY = 1;

const DROPS = {
  replace_by_fee: "ReplaceByFee",
  replace_across_fork: "ReplaceAcrossFork",
  too_expensive: "TooExpensive",
  stale_garbage_collect: "StaleGarbageCollect",
  problematic: "Problematic",
};

function dropMessage({ txid, reason, replacedBy }) {
  const by = replacedBy === undefined ? {} : { new_txid: prefixed(replacedBy) };
  return { dropped_txids: [prefixed(txid)], reason: DROPS[reason] ?? "Problematic", ...by };
}

function burnBlockMessage(burn) {
  return {
    burn_block_hash: burn.hash,
    burn_block_height: burn.height,
    consensus_hash: burn.consensusHash,
    parent_burn_block_hash: burn.parent?.hash ?? burn.hash,
    reward_recipients: [],
    reward_slot_holders: [],
    burn_amount: 0,
  };
}

function blockMessage(block, chain) {
  const { burn } = block;
  const parent = chain.block(block.parentIndexHash) ?? block;
  return {
    block_hash: block.hash,
    block_height: block.height,
    block_time: block.time,
    index_block_hash: block.indexHash,
    parent_block_hash: block.parentHash,
    parent_index_block_hash: block.parentIndexHash,
    parent_microblock: `0x${"00".repeat(32)}`,
    parent_microblock_sequence: 0,
    burn_block_hash: burn.hash,
    burn_block_height: burn.height,
    burn_block_time: burn.time,
    parent_burn_block_hash: parent.burn.hash,
    parent_burn_block_height: parent.burn.height,
    parent_burn_block_timestamp: parent.burn.time,
    consensus_hash: burn.consensusHash,
    tenure_height: block.tenureHeight,
    miner_txid: burn.hash,
    signer_signature: [],
    matured_miner_rewards: [],
    events: block.receipts.flatMap(eventMessages),
    transactions: block.receipts.map(transactionMessage),
  };
}

function transactionMessage(receipt) {
  const { transaction, index, status, result, cost, vmError } = receipt;
  return {
    txid: prefixed(transaction.txid),
    tx_index: index,
    status,
    raw_result: result,
    raw_tx: `0x${transaction.bytes.toString("hex")}`,
    contract_interface: null,
    burnchain_op: null,
    execution_cost: cost ?? NO_COST,
    microblock_sequence: null,
    microblock_hash: null,
    microblock_parent_hash: null,
    vm_error: vmError,
    ...(status === "problematic_skipped" ? { problematic_skipped: SKIP_CATEGORY } : {}),
  };
}

function eventMessages({ transaction, events, firstEvent }) {
  return events.map(({ event, data }, index) => {
    const type = TYPES[event] ?? event;
    return {
      txid: prefixed(transaction.txid),
      event_index: firstEvent + index,
      committed: true,
      type,
      [type]: data,
    };
  });
}
