// The chain: blocks on top of one another, what waits for the next one, and the way back.
import { Cl, cvToValue, hexToCV, serializeCVBytes } from "@stacks/transactions";
import { admit } from "./admission.mjs";
import { makeBlock, makeBurnBlock } from "./blocks.mjs";
import { merged } from "./machine.mjs";
import { Mempool, accountsOf } from "./mempool.mjs";
import { Miner } from "./miner.mjs";
import { SBTC_ASSET, SBTC_LOCKED_ASSET } from "./network.mjs";
import { pick } from "./picking.mjs";
import { interfaceFrom } from "./signatures.mjs";
import { decode } from "./transactions.mjs";

// What sBTC's contract is asked for what somebody can spend, and what a withdrawal holds.
const QUESTIONS = {
  [SBTC_ASSET]: "get-balance-available",
  [SBTC_LOCKED_ASSET]: "get-balance-locked",
};

/** One local chain. Its methods never wait, so nothing can come between the parts of one. */
export class Chain {
  #machine;
  #miner;
  #clock;
  #keep;
  #blocks = [];
  #below = null; // The record of all blocks that cannot be taken back one by one any more.
  #byHash = new Map();
  #receipts = new Map();
  #nonces = new Map();
  #interfaces = new Map();
  #deployed = new Map();
  #skipped = new Set();
  #fork = 0;
  #listeners = [];

  mempool = new Mempool();

  /** `keep` blocks can be taken back one by one; those below only all at once, by `reset`. */
  constructor(machine, clock, { keep }) {
    this.#machine = machine;
    this.#keep = keep;
    this.#miner = new Miner(machine);
    this.#clock = clock;
    const time = clock.next(0);
    const burn = makeBurnBlock({ height: machine.burnHeight, time, parent: null, fork: 0 });
    this.#append({ block: this.#blockOf({ time, burn, receipts: [], height: machine.height }) });
  }

  /** Be told of "block", "burn_block", "transaction", "drop" and "reorg", after they have happened. */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  // ------------------------------------------------------------------ looking

  get tip() {
    return this.#blocks.at(-1).block;
  }

  get first() {
    return this.#blocks[0].block;
  }

  /** How many blocks can be taken back. */
  get depth() {
    return Math.min(this.#blocks.length - 1, this.#keep);
  }

  /** A canonical block by height, by hash, by index hash (with 0x), or "latest". */
  block(which) {
    if (which === "latest") return this.tip;
    if (typeof which === "string") return this.#byHash.get(which) ?? null;
    return this.#blocks[which - this.first.height]?.block ?? null;
  }

  /** The canonical blocks, newest first. */
  blocks() {
    return this.#blocks.map(({ block }) => block).reverse();
  }

  /** { block, receipt } of a mined transaction. */
  mined(txid) {
    return this.#receipts.get(txid) ?? null;
  }

  nonceOf(address) {
    return this.#nonces.get(address) ?? 0n;
  }

  /** The micro-STX of an account. */
  stxOf(principal) {
    return BigInt(cvToValue(hexToCV(this.#machine.evaluate(`(stx-get-balance '${principal})`))));
  }

  /** What a principal can spend of a token, by the token's full name; 0 when nobody knows the token. */
  tokensOf(holder, asset) {
    const [contract] = asset.split("::");
    const question = QUESTIONS[asset] ?? "get-balance";
    try {
      const result = this.ask(contract, question, [serializeCVBytes(Cl.principal(holder))], holder);
      return BigInt(cvToValue(hexToCV(result)).value);
    } catch {
      return 0n;
    }
  }

  /** A contract's source, or null. (The machine itself forgets contracts that have no function.) */
  sourceOf(contract) {
    return this.#deployed.get(contract) ?? this.#machine.source(contract);
  }

  /** What a contract's functions take, or null when there is no such contract. */
  interfaceOf(contract) {
    if (!this.#interfaces.has(contract)) {
      const source = this.sourceOf(contract);
      if (source === null) return null;
      this.#interfaces.set(contract, interfaceFrom(source));
    }
    return this.#interfaces.get(contract);
  }

  /** Ask a read-only function; throws with the reason when it does not run. */
  ask(contract, name, values, sender) {
    return this.#machine.ask(contract, name, values, sender);
  }

  mapEntry(contract, map, key) {
    return this.#machine.mapEntry(contract, map, key);
  }

  dataVariable(contract, name) {
    return this.#machine.dataVariable(contract, name);
  }

  // ------------------------------------------------------------------ going on

  /** Take in the bytes of a transaction; answers it, or throws a `Rejection`. */
  submit(bytes) {
    const transaction = decode(bytes);
    if (this.mempool.get(transaction.txid)?.status === "pending") return transaction;
    const place = this.#place();
    admit(transaction, this, () => this.mempool.checkNonces(transaction, place));
    for (const txid of this.mempool.add(transaction, place)) {
      this.#tell("drop", { txid, reason: "replace_by_fee", replacedBy: transaction.txid });
    }
    this.#tell("transaction", transaction);
    return transaction;
  }

  /** Mine a block of what waits; with `burn`, on top of a new Bitcoin block. Answers the Stacks block. */
  mine({ burn = false } = {}) {
    if (burn) this.#mineBurnBlock();
    const time = this.#clock.next(this.tip.time);
    const receipts = this.#miner.mine(pick(this), time, this.#skipped);
    const block = this.#blockOf({ time, burn: this.tip.burn, receipts });
    const record = this.#machine.keep();
    const nonces = this.#useNonces(receipts);
    this.#append({ block, record, nonces });
    for (const { transaction } of receipts) this.mempool.remove(transaction.txid);
    this.#tell("block", block);
    return block;
  }

  /** Take back the newest blocks: what was in them waits again, unless it is to be lost. */
  reorganise(depth, { lose = false } = {}) {
    if (depth < 1 || depth > this.depth) throw new RangeError(`depth is from 1 to ${this.depth}`);
    const orphans = this.#takeBack(depth);
    for (const { transaction } of orphans.flatMap(({ receipts }) => receipts)) {
      this.mempool.put(transaction, this.#place());
      if (lose) this.drop(transaction.txid, "replace_across_fork");
    }
    this.#tell("reorg", orphans);
    return orphans;
  }

  /** Begin anew: back to the first block, with nothing waiting. */
  reset() {
    this.#takeBack(this.#blocks.length - 1);
    this.mempool.clear();
    this.#skipped.clear();
  }

  /** Let a waiting transaction be in the next block without being run. */
  skip(txid) {
    this.#skipped.add(txid);
  }

  drop(txid, reason) {
    const isKnown = this.mempool.drop(txid, reason);
    if (isKnown) this.#tell("drop", { txid, reason });
    return isKnown;
  }

  // ------------------------------------------------------------------ inside

  #place() {
    return {
      time: this.#clock.now(),
      height: this.tip.height,
      nonceOf: (address) => this.nonceOf(address),
    };
  }

  #mineBurnBlock() {
    const time = this.#clock.next(this.tip.time);
    this.#machine.runBurnBlock(time);
    const height = this.#machine.burnHeight;
    const burn = makeBurnBlock({ height, time, parent: this.tip.burn, fork: this.#fork });
    const block = this.#blockOf({ time, burn, receipts: [] });
    this.#append({ block, record: this.#machine.keep(), nonces: [] });
    this.#tell("burn_block", burn);
    this.#tell("block", block);
  }

  #blockOf({ time, burn, receipts, height = this.tip.height + 1 }) {
    const parent = this.#blocks.at(-1)?.block ?? null;
    const tenureHeight = burn.height;
    return makeBlock({ height, time, burn, parent, fork: this.#fork, tenureHeight, receipts });
  }

  #append(entry) {
    const { block } = entry;
    this.#blocks.push(entry);
    const old = this.#blocks.at(-this.#keep - 1);
    if (old?.record) {
      this.#below = merged([old.record, this.#below].filter((each) => each !== null));
      old.record = null;
    }
    this.#byHash.set(block.hash, block).set(block.indexHash, block);
    for (const receipt of block.receipts) {
      const { txid, type, contract, source } = receipt.transaction;
      this.#receipts.set(txid, { block, receipt });
      if (type === "smart_contract" && receipt.status === "success")
        this.#deployed.set(contract, source);
    }
  }

  #useNonces(receipts) {
    const before = [];
    for (const { address, nonce } of receipts.flatMap(({ transaction }) =>
      accountsOf(transaction),
    )) {
      before.push([address, this.#nonces.get(address)]);
      this.#nonces.set(address, nonce + 1n);
    }
    return before;
  }

  /** Take so many blocks back; answers them, the oldest first. */
  #takeBack(depth) {
    const gone = this.#blocks.splice(this.#blocks.length - depth).reverse();
    const records = gone.map(({ record }) => record).filter((each) => each !== null);
    if (this.#blocks.length === 1 && this.#below !== null) records.push(this.#below);
    this.#machine.takeBack(records);
    for (const entry of gone) this.#forget(entry);
    if (this.#blocks.length === 1) this.#below = null;
    this.#interfaces.clear();
    this.#fork += 1;
    return gone.map(({ block }) => block).reverse();
  }

  #forget({ block, nonces }) {
    for (const [address, nonce] of nonces.reverse()) {
      if (nonce === undefined) this.#nonces.delete(address);
      else this.#nonces.set(address, nonce);
    }
    this.#byHash.delete(block.hash);
    this.#byHash.delete(block.indexHash);
    for (const { transaction, status } of block.receipts) {
      this.#receipts.delete(transaction.txid);
      const { type, contract } = transaction;
      if (type === "smart_contract" && status === "success") this.#deployed.delete(contract);
    }
  }

  #tell(what, about) {
    for (const listener of this.#listeners) listener(what, about);
  }
}
