// Running the transactions of a block: what each did, and what is to be in the block all the same.
import { serializeCVBytes } from "@stacks/transactions";
import { broken } from "./conditions.mjs";
import { DRY_RUN, NOBODY, doom, fateOf } from "./foresight.mjs";

const ERR_NONE = "0x0809";
const OK_TRUE = "0x0703";
const MOST_ROUNDS = 5;

/** What a transaction came to: { transaction, status, result, events, cost, vmError }. */
export class Miner {
  #machine;
  #dooms = new Map(); // Why a transfer of this block is sure to break its conditions.

  constructor(machine) {
    this.#machine = machine;
  }

  /**
   * Run a block of transactions at a time, and leave the machine right after it, not yet kept.
   * `skipped` are the ids of those that a node would put into the block without running them.
   */
  mine(transactions, time, skipped = new Set()) {
    const verdicts = new Map();
    for (const { txid } of transactions) {
      if (skipped.has(txid)) verdicts.set(txid, { status: "problematic_skipped", vmError: null });
    }
    this.#dooms = new Map(transactions.map((each) => [each.txid, doom(each)]));
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const receipts = this.#run(transactions, verdicts, time);
      if (receipts !== null) return receipts;
      this.#judge(
        transactions.filter(({ txid }) => !verdicts.has(txid)),
        verdicts,
        time,
      );
    }
    throw new Error("these transactions come to another end each time they are run");
  }

  /** Run all that is not judged in one block; null, and the machine as before, when one misbehaves. */
  #run(transactions, verdicts, time) {
    const attempt = this.#attempt(transactions, verdicts, time);
    if (attempt.receipts !== null && attempt.offence === null) return attempt.receipts;
    this.#machine.forget();
    if (attempt.receipts !== null) verdicts.set(...attempt.offence);
    return null;
  }

  #attempt(transactions, verdicts, time) {
    const steps = transactions.flatMap((each) => this.#stepsOf(each, verdicts.has(each.txid)));
    let outcomes;
    try {
      outcomes = this.#machine.runBlock(steps, time);
    } catch (error) {
      return { receipts: null, offence: null, crash: String(error.message ?? error) };
    }
    const receipts = [];
    let offence = null;
    for (const transaction of transactions) {
      const verdict = verdicts.get(transaction.txid);
      outcomes.shift(); // The fee.
      const outcome = verdict === undefined ? outcomes.shift() : (verdict.outcome ?? null);
      const receipt = this.#receiptOf(transaction, verdict, outcome);
      receipts.push(receipt);
      if (verdict === undefined) offence ??= offenceOf(receipt, outcome);
    }
    return { receipts, offence, crash: null };
  }

  #stepsOf(transaction, isJudged) {
    const { fee, payer: sender, txid } = transaction;
    const steps = [{ transferSTX: { amount: Number(fee), recipient: NOBODY, sender } }];
    if (isJudged) return steps;
    const isDoomed = this.#dooms.get(txid) !== null;
    return [...steps, stepOf(isDoomed ? { ...transaction, contract: DRY_RUN } : transaction)];
  }

  #receiptOf(transaction, verdict, outcome) {
    const reason = this.#dooms.get(transaction.txid);
    if (verdict !== undefined || reason === null) return receiptOf(transaction, verdict, outcome);
    return { transaction, events: [], cost: outcome.cost, ...fateOf(transaction, outcome, reason) };
  }

  /** Find out which transactions misbehave, by halves; the machine is as before afterwards. */
  #judge(transactions, verdicts, time) {
    const kept = [];
    const settle = (some) => {
      if (some.length === 0) return;
      const { receipts, offence, crash } = this.#attempt(some, verdicts, time);
      if (receipts !== null && offence === null) {
        kept.push(this.#machine.keep());
        return;
      }
      this.#machine.forget();
      if (some.length > 1) {
        const half = Math.ceil(some.length / 2);
        settle(some.slice(0, half));
        settle(some.slice(half));
        return;
      }
      verdicts.set(...(offence ?? [some[0].txid, crashed(crash)]));
      settle(some); // Now only for its fee.
    };
    settle(transactions);
    this.#machine.takeBack(kept.reverse());
  }
}

const crashed = (message) => ({ status: "abort_by_response", vmError: message });

function stepOf({ type, sender, contract, ...rest }) {
  if (type === "token_transfer") {
    return { transferSTX: { amount: Number(rest.amount), recipient: rest.recipient, sender } };
  }
  if (type === "smart_contract") {
    const options = rest.clarity === null ? {} : { clarityVersion: rest.clarity };
    return {
      deployContract: { name: contract.split(".")[1], content: rest.source, options, sender },
    };
  }
  const args_maps = rest.values.map((value) => serializeCVBytes(value));
  return { callPublicFn: { contract, method: rest.function, args_maps, sender } };
}

function receiptOf(transaction, verdict, outcome) {
  const cost = outcome?.cost ?? null;
  if (verdict !== undefined) {
    const { status, vmError } = verdict;
    return { transaction, status, result: outcome?.result ?? ERR_NONE, events: [], cost, vmError };
  }
  const isOk = outcome.result.startsWith("0x07");
  if (transaction.type === "smart_contract") {
    return {
      transaction,
      status: "success",
      result: OK_TRUE,
      events: outcome.events,
      cost,
      vmError: null,
    };
  }
  const status = isOk ? "success" : "abort_by_response";
  const events = isOk ? withMemo(outcome.events, transaction) : [];
  return { transaction, status, result: outcome.result, events, cost, vmError: null };
}

function withMemo(events, { type, memo }) {
  if (type !== "token_transfer") return events;
  return events.map(({ event, data }) => ({ event, data: { ...data, memo } }));
}

/** What to hold against a transaction that ran: [txid, verdict] when it broke its post-conditions. */
function offenceOf({ transaction, status, events }, outcome) {
  const reason = status === "success" ? broken(transaction, events) : null;
  if (reason === null) return null;
  return [transaction.txid, { status: "abort_by_post_condition", vmError: reason, outcome }];
}
