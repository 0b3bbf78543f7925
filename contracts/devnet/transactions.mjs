// Transactions: from bytes to what they say, with their signatures checked.
import { createHash } from "node:crypto";
import {
  AuthType,
  PayloadType,
  addressFromPublicKeys,
  addressFromVersionHash,
  addressHashModeToVersion,
  addressToString,
  cvToString,
  deserializeTransaction,
  intoInitialSighashAuth,
  nextVerification,
  serializeAuthorizationBytes,
  verifyOrigin,
} from "@stacks/transactions";
import { CHAIN_ID } from "./network.mjs";
import { rejections } from "./rejection.mjs";

const BYTES_BEFORE_AUTH = 5;
const MEMO_BYTES = 34;
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

const sha512_256 = (bytes) => createHash("sha512-256").update(bytes).digest("hex");

/** The id of a transaction: the hash of all its bytes, without 0x. */
export const txidOf = sha512_256;

/** Read a transaction; throws a `Rejection` when it is none. */
export function decode(bytes) {
  const wire = parse(bytes);
  const { auth } = wire;
  const origin = accountOf(auth.spendingCondition);
  const isSponsored = auth.authType === AuthType.Sponsored;
  const sponsor = isSponsored ? accountOf(auth.sponsorSpendingCondition) : null;
  return {
    txid: txidOf(bytes),
    bytes,
    wire,
    sender: origin.address,
    nonce: origin.nonce,
    sponsor,
    payer: sponsor?.address ?? origin.address,
    fee: BigInt((isSponsored ? auth.sponsorSpendingCondition : auth.spendingCondition).fee),
    mode: wire.postConditionMode,
    conditions: wire.postConditions.values,
    ...payloadOf(wire.payload, origin.address, bytes),
  };
}

function parse(bytes) {
  let wire;
  let again;
  try {
    wire = deserializeTransaction(bytes);
    again = Buffer.from(wire.serializeBytes());
  } catch (error) {
    throw rejections.deserialization(String(error.message ?? error));
  }
  // The library reads memos as text, so the bytes of one may differ. Nothing else may.
  const end = wire.payload.payloadType === PayloadType.TokenTransfer ? -MEMO_BYTES : undefined;
  if (bytes.length !== again.length || !again.subarray(0, end).equals(bytes.subarray(0, end))) {
    throw rejections.deserialization("these are not the bytes of one transaction, and no more");
  }
  return wire;
}

function accountOf(condition) {
  const version = addressHashModeToVersion(condition.hashMode, "testnet");
  const address = addressToString(addressFromVersionHash(version, condition.signer));
  return { address, nonce: BigInt(condition.nonce) };
}

function payloadOf(payload, sender, bytes) {
  switch (payload.payloadType) {
    case PayloadType.TokenTransfer:
      return {
        type: "token_transfer",
        recipient: cvToString(payload.recipient),
        amount: BigInt(payload.amount),
        memo: `0x${bytes.subarray(-MEMO_BYTES).toString("hex")}`,
      };
    case PayloadType.ContractCall:
      return {
        type: "contract_call",
        contract: `${addressToString(payload.contractAddress)}.${payload.contractName.content}`,
        function: payload.functionName.content,
        values: payload.functionArgs,
      };
    case PayloadType.SmartContract:
    case PayloadType.VersionedSmartContract:
      return {
        type: "smart_contract",
        contract: `${sender}.${payload.contractName.content}`,
        source: payload.codeBody.content,
        clarity: payload.clarityVersion ?? null,
      };
    default:
      throw rejections.noCoinbase();
  }
}

/** Check that a transaction is for this chain and that the right keys have signed it. */
export function verify({ wire, bytes }) {
  const { auth } = wire;
  if (wire.chainId !== CHAIN_ID) throw rejections.signature(`chain id ${wire.chainId} is not ours`);
  if (
    wire.payload.payloadType === PayloadType.TokenTransfer &&
    wire.postConditions.values.length > 0
  ) {
    throw rejections.signature("a transfer of STX has no post-conditions");
  }
  try {
    const hash = verifyOrigin(auth, signedHash(auth, bytes));
    if (auth.authType === AuthType.Sponsored) verifySponsor(auth.sponsorSpendingCondition, hash);
  } catch (error) {
    throw rejections.signature(String(error.message ?? error));
  }
  for (const condition of [auth.spendingCondition, auth.sponsorSpendingCondition]) {
    checkLowS(condition?.signature?.data);
  }
}

/** What the origin signs: the hash of the transaction without fees, nonces and signatures. */
function signedHash(auth, bytes) {
  const rest = bytes.subarray(BYTES_BEFORE_AUTH + serializeAuthorizationBytes(auth).length);
  const cleared = serializeAuthorizationBytes(intoInitialSighashAuth(auth));
  return sha512_256(Buffer.concat([bytes.subarray(0, BYTES_BEFORE_AUTH), cleared, rest]));
}

function verifySponsor({ fee, nonce, keyEncoding, signature, hashMode, signer }, hash) {
  const authType = AuthType.Sponsored;
  const { pubKey } = nextVerification(hash, authType, fee, nonce, keyEncoding, signature.data);
  if (addressFromPublicKeys(0, hashMode, 1, [pubKey]).hash160 !== signer) {
    throw new Error("the sponsor has not signed this");
  }
}

// Since epoch 4.0 a block with a signature in its other form, with a high S, is not valid.
function checkLowS(signature) {
  if (signature && BigInt(`0x${signature.slice(66)}`) > HALF_ORDER)
    throw rejections.signature("high S");
}
