// Terms of a payment: made, hashed and signed as the gateway does it, by SIP-018.
import { createHash } from "node:crypto";
import { Cl, serializeCVBytes, signMessageHashRsv } from "@stacks/transactions";
import { PAY, START, call, owner } from "./chain.mjs";
import { keyOf, merchant, payer, platform, publicKeyOf } from "./people.mjs";

const CHAIN_ID = 0x80000000;
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const encoded = (value) => Buffer.from(serializeCVBytes(value));

/** Usual terms, with what a test wants otherwise. */
export function terms(changes = {}) {
  return {
    id: "0123456789abcdef0123456789abcdef",
    merchant,
    amount: 50_000,
    fee: 500,
    feeTo: platform,
    expires: START + 3600,
    ...changes,
  };
}

export function asTuple(given) {
  return Cl.tuple({
    id: Cl.bufferFromHex(given.id),
    merchant: Cl.principal(given.merchant),
    amount: Cl.uint(given.amount),
    fee: Cl.uint(given.fee),
    "fee-to": Cl.principal(given.feeTo),
    expires: Cl.uint(given.expires),
  });
}

/** The hash by SIP-018, made without the contract. */
export function hashOf(given, changes = {}) {
  const { chainId, name, version, contract } = {
    chainId: CHAIN_ID,
    name: "stacktill",
    version: "1",
    contract: PAY,
    ...changes,
  };
  const domain = Cl.tuple({
    "chain-id": Cl.uint(chainId),
    name: Cl.stringAscii(name),
    version: Cl.stringAscii(version),
  });
  const message = Cl.tuple({ ...asTuple(given).value, contract: Cl.principal(contract) });
  const hash = sha256(Buffer.from("SIP018"), sha256(encoded(domain)), sha256(encoded(message)));
  return hash.toString("hex");
}

/** The signature of a named key, 65 bytes R|S|V in hex. */
export function signed(given, { by = "gateway", ...changes } = {}) {
  return signMessageHashRsv({ messageHash: hashOf(given, changes), privateKey: keyOf(by) });
}

/** Trust a named key, or no longer; as the first owner unless told otherwise. */
export function trust(name = "gateway", trusted = true, sender = owner) {
  const key = Cl.bufferFromHex(publicKeyOf(name));
  return call(PAY, "set-signer", [key, Cl.bool(trusted)], sender);
}

/** The arguments of `pay` and of `check`. */
export function payArguments(given, { signature = signed(given), by = "gateway" } = {}) {
  return [asTuple(given), Cl.bufferFromHex(publicKeyOf(by)), Cl.bufferFromHex(signature)];
}

/** Pay terms, as the payer unless told otherwise. */
export function pay(given, { sender = payer, contract = PAY, ...rest } = {}) {
  return call(contract, "pay", payArguments(given, rest), sender);
}
