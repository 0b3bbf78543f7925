// The Clarity virtual machine: the SDK's simulated network with the real sBTC in it, made to go back in time.
import { Memory } from "./memory.mjs";

const EPOCH = "4.0";
const NONE = "0x09";
const YEAR = 365 * 24 * 3600;

// The machine's own idea of time: a block is so long after the one before or after its Bitcoin block.
const SECONDS_PER_BLOCK = 10;
const SECONDS_PER_BURN_BLOCK = 600;

/** Start the machine. It takes seconds, most of them for the chain's own contracts. */
export async function startMachine() {
  const { wasm, memory } = await loadSdk();
  const sdk = new wasm.SDK(
    () => {
      throw new Error("the machine reads no files");
    },
    new wasm.SDKOptions(true, false),
  );
  await inThePast(() => sdk.initEmptySession(null));
  sdk.setEpoch(EPOCH);
  const machine = new Machine(wasm, sdk, memory);
  sdk.mineEmptyBurnBlock();
  machine.keep();
  return machine;
}

/** The SDK, and hold of its memory. Its finalizers would free what a restored memory still needs. */
async function loadSdk() {
  const { Instance } = WebAssembly;
  const registry = globalThis.FinalizationRegistry;
  let memory;
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    memory = instance.exports.memory;
    return instance;
  };
  globalThis.FinalizationRegistry = undefined;
  try {
    const wasm = await import("@stacks/clarinet-sdk-wasm");
    return { wasm: wasm.default, memory };
  } finally {
    WebAssembly.Instance = Instance;
    globalThis.FinalizationRegistry = registry;
  }
}

/** The machine's clock begins at the time of its start and only goes on: begin early, to set it later. */
async function inThePast(work) {
  const Real = globalThis.Date;
  globalThis.Date = class extends Real {
    constructor() {
      super(Real.now() - 2 * YEAR * 1000);
    }
  };
  try {
    await work();
  } finally {
    globalThis.Date = Real;
  }
}

/** Runs Clarity. Every block it runs is kept or forgotten by its caller. */
export class Machine {
  #wasm;
  #sdk;
  #memory;
  #clock = { block: [], burnBlock: [] }; // Where the memory has the times of the newest blocks.
  #burnHeight = 0;

  constructor(wasm, sdk, memory) {
    this.#wasm = wasm;
    this.#sdk = sdk;
    this.#memory = new Memory(memory);
  }

  get height() {
    return this.#sdk.stacksBlockHeight;
  }

  get burnHeight() {
    return this.#sdk.burnBlockHeight;
  }

  get time() {
    return Number(this.#sdk.getBlockTime());
  }

  /** Run a block of steps at a time. Answers each step's outcome; throws when a step crashes. */
  runBlock(steps, time) {
    this.#setClock("block", time - SECONDS_PER_BLOCK);
    const outcomes = quietly(() => this.#sdk.mineBlock(steps)).map(outcomeOf);
    this.#checkClock(time);
    return outcomes;
  }

  /** Begin a tenure at a time: a Bitcoin block, and a Stacks block without steps in it. */
  runBurnBlock(time) {
    this.#setClock("block", time - 2 * SECONDS_PER_BLOCK);
    this.#setClock("burnBlock", time - SECONDS_PER_BLOCK - SECONDS_PER_BURN_BLOCK);
    this.#sdk.mineEmptyBurnBlock();
    this.#checkClock(time);
  }

  /** Keep what was run; answers what `takeBack` needs. */
  keep() {
    const record = { undo: this.#memory.keep(), clock: this.#clock, burnHeight: this.#burnHeight };
    const find = (time) => this.#memory.find(asBytes(time), record.undo);
    this.#clock = { ...this.#clock, block: find(this.time) };
    if (this.burnHeight !== this.#burnHeight) {
      this.#clock.burnBlock = find(this.time - SECONDS_PER_BLOCK);
      this.#burnHeight = this.burnHeight;
    }
    return record;
  }

  /** Forget what was run since the last `keep`. */
  forget() {
    this.#memory.restore();
  }

  /** Take back the blocks that gave these records: the newest ones, the newest first. */
  takeBack(records) {
    if (records.length === 0) return;
    const { undo, clock, burnHeight } = merged(records);
    this.#memory.takeBack(undo);
    this.#clock = clock;
    this.#burnHeight = burnHeight;
  }

  /** Evaluate an expression that changes nothing; answers the value in hex. */
  evaluate(expression) {
    const outcome = quietly(() => this.#sdk.execute(expression));
    const { result } = outcome;
    outcome.free();
    return result;
  }

  /** Ask a read-only function; throws a message when there is none or when it crashes. */
  ask(contract, name, values, sender) {
    const outcome = quietly(() =>
      this.#sdk.callReadOnlyFn(new this.#wasm.CallFnArgs(contract, name, values, sender)),
    );
    const { result } = outcome;
    outcome.free();
    return result;
  }

  /** A value of a contract's map, in hex; throws a message when there is no such map. */
  mapEntry(contract, map, key) {
    try {
      return this.#sdk.getMapEntry(contract, map, key);
    } catch (error) {
      if (String(error).includes("value not found")) return NONE;
      throw error;
    }
  }

  /** A contract's data variable, in hex; throws a message when there is no such variable. */
  dataVariable(contract, name) {
    return this.#sdk.getDataVar(contract, name);
  }

  /** A contract's source, or null when there is no such contract. */
  source(contract) {
    try {
      return this.#sdk.getContractSource(contract) ?? null;
    } catch {
      return null; // The name cannot be that of a contract.
    }
  }

  mintStx(address, amount) {
    this.#sdk.mintSTX(address, BigInt(amount));
  }

  mintToken(token, address, amount) {
    this.#sdk.mintFT(token, address, BigInt(amount));
  }

  #setClock(which, time) {
    this.#memory.write(asBytes(time), this.#clock[which]);
  }

  #checkClock(time) {
    if (this.time !== time) {
      throw new Error(`the machine's clock is at ${this.time} and not at ${time}`);
    }
  }
}

/** One record of several that follow each other, the newest first. */
export function merged(records) {
  return { ...records.at(-1), undo: Memory.merged(records.map(({ undo }) => undo)) };
}

function asBytes(time) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(time));
  return bytes;
}

function outcomeOf(response) {
  const events = JSON.parse(response.events).map((text) => JSON.parse(text));
  const cost = JSON.parse(response.costs)?.total ?? null;
  return { result: response.result, events, cost };
}

// The machine tells of prints and crashes on the console; here they are events and answers.
function quietly(work) {
  const { log, error } = console;
  console.log = console.error = () => {};
  try {
    return work();
  } finally {
    console.log = log;
    console.error = error;
  }
}
