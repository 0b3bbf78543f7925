// Signed terms, as the gateway makes them, against the contract of this chain.
import { createHash } from "node:crypto";
import { Cl, serializeCVBytes, signMessageHashRsv } from "@stacks/transactions";
import { accounts, contracts, get } from "./client.mjs";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const encoded = (value) => Buffer.from(serializeCVBytes(value));
const domain = Cl.tuple({
  "chain-id": Cl.uint(0x80000000),
  name: Cl.stringAscii("stacktill"),
  version: Cl.stringAscii("1"),
});

/** { hash, values }: the arguments of `pay` for these terms, signed by the gateway's key. */
export async function signedTerms({
  id = "01".repeat(16),
  amount = 50_000,
  fee = 500,
  seconds = 3600,
} = {}) {
  const { tip } = await get("/devnet");
  const tuple = Cl.tuple({
    id: Cl.bufferFromHex(id),
    merchant: Cl.principal(accounts.merchant.address),
    amount: Cl.uint(amount),
    fee: Cl.uint(fee),
    "fee-to": Cl.principal(accounts.platform.address),
    expires: Cl.uint(tip.block_time + seconds),
  });
  const message = Cl.tuple({ ...tuple.value, contract: Cl.principal(contracts.pay) });
  const hash = sha256(Buffer.from("SIP018"), sha256(encoded(domain)), sha256(encoded(message)));
  const { private_key: privateKey, public_key: key } = accounts.gateway;
  const signature = signMessageHashRsv({ messageHash: hash.toString("hex"), privateKey });
  return {
    hash: hash.toString("hex"),
    values: [tuple, Cl.bufferFromHex(key), Cl.bufferFromHex(signature)],
  };
}
