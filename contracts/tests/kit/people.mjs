// The people of the tests: addresses from keys that anyone can make again.
import { createHash } from "node:crypto";
import { getAddressFromPrivateKey, privateKeyToPublic } from "@stacks/transactions";

/** A private key that belongs to a name. Worth nothing: anyone can make it. */
export function keyOf(name) {
  const secret = createHash("sha256").update(`stacktill test ${name}`).digest("hex");
  return `${secret}01`;
}

export const publicKeyOf = (name) => privateKeyToPublic(keyOf(name));
export const addressOf = (name) => getAddressFromPrivateKey(keyOf(name), "testnet");

export const payer = addressOf("payer");
export const merchant = addressOf("merchant");
export const otherMerchant = addressOf("other merchant");
export const platform = addressOf("platform");
export const stranger = addressOf("stranger");
export const nextOwner = addressOf("next owner");
