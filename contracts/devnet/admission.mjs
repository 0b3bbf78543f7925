// Whether a transaction may wait for a block: what a node asks before it takes one in.
import { validateContractCall } from "@stacks/transactions";
import { FEE_PER_BYTE, TRANSACTION_VERSION } from "./network.mjs";
import { rejections } from "./rejection.mjs";
import { verify } from "./transactions.mjs";

/** Check a decoded transaction in a node's order, `checkNonces` in its place; throws a `Rejection`. */
export function admit(transaction, chain, checkNonces) {
  checkMeaning(transaction);
  verify(transaction);
  checkFee(transaction);
  checkNonces(transaction);
  checkFunds(transaction, chain);
  if (transaction.type === "contract_call") checkCall(transaction, chain);
  if (transaction.type === "smart_contract" && chain.sourceOf(transaction.contract) !== null) {
    throw rejections.contractAlreadyExists(transaction.contract);
  }
}

/** What can be seen without knowing the chain. */
function checkMeaning({ wire, type, sender, recipient, amount }) {
  if (wire.transactionVersion !== TRANSACTION_VERSION) throw rejections.badTransactionVersion();
  if (type !== "token_transfer") return;
  if (recipient === sender) throw rejections.recipientIsSender(recipient);
  if (amount <= 0n) throw rejections.amountMustBePositive();
  if (!/^S[TN]/.test(recipient)) throw rejections.badAddressVersionByte();
}

function checkFee({ fee, bytes }) {
  const smallest = FEE_PER_BYTE * BigInt(bytes.length);
  if (fee < smallest) throw rejections.feeTooLow(smallest, fee);
}

function checkFunds({ fee, payer, sender, amount = 0n }, chain) {
  // Who sends STX is asked for both parts at once, and before a sponsor.
  const spent = new Map([[sender, amount]]);
  spent.set(payer, (spent.get(payer) ?? 0n) + fee);
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
