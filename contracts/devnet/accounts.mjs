// The people of the local chain. Their keys are known to everybody: they are for play.
import { createHash } from "node:crypto";
import { getAddressFromPrivateKey, privateKeyToPublic } from "@stacks/transactions";

const NAMES = [
  "deployer", // owns the contracts
  "gateway", // its key signs terms
  "faucet", // gives STX and sBTC away
  "sponsor", // pays fees of others
  "platform", // receives fees
  "merchant",
  "other_merchant",
  "alice",
  "bob",
  "carol",
];

/** { name: { address, private_key, public_key } }, the same at every start. */
export function makeAccounts() {
  return Object.fromEntries(NAMES.map((name) => [name, makeAccount(name)]));
}

function makeAccount(name) {
  const secret = createHash("sha256").update(`stacktill devnet ${name}`).digest("hex");
  const privateKey = `${secret}01`; // The last byte says that the public key is written short.
  return {
    address: getAddressFromPrivateKey(privateKey, "testnet"),
    private_key: privateKey,
    public_key: privateKeyToPublic(privateKey),
  };
}
