// Why a transaction is not taken, in the words of a Stacks node.

/** Thrown where a transaction is refused; `body` is what the node would answer, with status 400. */
export class Rejection extends Error {
  constructor(reason, data) {
    super(reason);
    this.reason = reason;
    this.data = data;
  }

  body(txid) {
    return {
      error: "transaction rejected",
      reason: this.reason,
      ...(this.data === undefined ? {} : { reason_data: this.data }),
      ...(txid === undefined ? {} : { txid }),
    };
  }
}

const hex = (amount) => `0x${BigInt(amount).toString(16).padStart(32, "0")}`;

export const rejections = {
  deserialization: (message) => new Rejection("Deserialization", { message }),
  signature: (message) => new Rejection("SignatureValidation", { message }),
  badNonce: ({ expected, actual, isOrigin, principal }) =>
    new Rejection("BadNonce", {
      expected: Number(expected),
      actual: Number(actual),
      is_origin: isOrigin,
      principal,
    }),
  tooMuchChaining: ({ expected, actual, isOrigin, principal }) =>
    new Rejection("TooMuchChaining", {
      message: "Nonce would exceed chaining limit in mempool",
      expected: Number(expected),
      actual: Number(actual),
      is_origin: isOrigin,
      principal,
    }),
  conflictingNonce: () => new Rejection("ConflictingNonceInMempool"),
  feeTooLow: (expected, actual) =>
    new Rejection("FeeTooLow", { expected: Number(expected), actual: Number(actual) }),
  notEnoughFunds: (expected, actual) =>
    new Rejection("NotEnoughFunds", { expected: hex(expected), actual: hex(actual) }),
  noSuchContract: () => new Rejection("NoSuchContract"),
  noSuchPublicFunction: () => new Rejection("NoSuchPublicFunction"),
  badFunctionArgument: (message) => new Rejection("BadFunctionArgument", { message }),
  contractAlreadyExists: (contract) =>
    new Rejection("ContractAlreadyExists", { contract_identifier: contract }),
  badTransactionVersion: () => new Rejection("BadTransactionVersion"),
  badAddressVersionByte: () => new Rejection("BadAddressVersionByte"),
  recipientIsSender: (recipient) =>
    new Rejection("TransferRecipientCannotEqualSender", { recipient }),
  amountMustBePositive: () => new Rejection("TransferAmountMustBePositive"),
  noCoinbase: () => new Rejection("NoCoinbaseViaMempool"),
};
