// Whether a transaction may wait for a block: what a node asks before it takes one in.
import { validateContractCall } from "@stacks/transactions";
import { FEE_PER_BYTE } from "./network.mjs";
import { rejections } from "./rejection.mjs";
import { verify } from "./transactions.mjs";

/** Check a decoded transaction against the chain; throws a `Rejection`. Nonces are the mempool's to check. */
export function admit(transaction, chain) {
  verify(transaction);
  checkMoney(transaction, chain);
  if (transaction.type === "contract_call") checkCall(transaction, chain);
  if (transaction.type === "smart_contract" && chain.sourceOf(transaction.contract) !== null) {
    throw rejections.contractAlreadyExists(transaction.contract);
  }
}

function checkMoney(transaction, chain) {
  const { fee, bytes, payer, sender, type, amount, recipient } = transaction;
  const smallest = FEE_PER_BYTE * BigInt(bytes.length);
  if (fee < smallest) throw rejections.feeTooLow(smallest, fee);
  if (type === "token_transfer") {
    if (recipient === sender) throw rejections.recipientIsSender(recipient);
    if (amount <= 0n) throw rejections.amountMustBePositive();
  }
  const spent = new Map([[payer, fee]]);
  if (type === "token_transfer") spent.set(sender, (spent.get(sender) ?? 0n) + amount);
  for (const [address, needed] of spent) {
    const has = chain.stxOf(address);
    if (has < needed) throw rejections.notEnoughFunds(needed, has);
  }
}

function checkCall(transaction, chain) {
  const shape = chain.interfaceOf(transaction.contract);
  if (shape === null) throw rejections.noSuchContract();
  const called = shape.functions.find(({ name }) => name === transaction.function);
  if (called === undefined || called.access !== "public") throw rejections.noSuchPublicFunction();
  if (called.args.length !== transaction.values.length) {
    throw rejections.badFunctionArgument(
      `${transaction.function} takes ${called.args.length} arguments, not ${transaction.values.length}`,
    );
  }
  try {
    const payload = {
      functionName: { content: transaction.function },
      functionArgs: transaction.values,
    };
    validateContractCall(payload, shape);
  } catch (error) {
    throw rejections.badFunctionArgument(String(error.message ?? error));
  }
}
