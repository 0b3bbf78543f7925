// Says how @stacks/transactions writes what a line of JSON describes: one line in, one line out.
// Usage: node stacks_js.mjs FOLDER, where FOLDER/node_modules holds the library.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join, resolve } from "node:path";

const require = createRequire(join(resolve(process.argv[2]), "package.json"));
const stacks = require("@stacks/transactions");
const { Cl } = stacks;

const value = (it) => {
  switch (it.kind) {
    case "int": return Cl.int(BigInt(it.value));
    case "uint": return Cl.uint(BigInt(it.value));
    case "buffer": return Cl.bufferFromHex(it.value);
    case "bool": return Cl.bool(it.value);
    case "ascii": return Cl.stringAscii(it.value);
    case "utf8": return Cl.stringUtf8(it.value);
    case "principal": return Cl.principal(it.value);
    case "none": return Cl.none();
    case "some": return Cl.some(value(it.value));
    case "ok": return Cl.ok(value(it.value));
    case "err": return Cl.error(value(it.value));
    case "list": return Cl.list(it.value.map(value));
    case "tuple": return Cl.tuple(Object.fromEntries(it.value.map(([name, one]) => [name, value(one)])));
    default: throw new Error(`no kind of value ${it.kind}`);
  }
};

const COMPARE = { EQ: "eq", GT: "gt", GE: "gte", LT: "lt", LE: "lte" };
const POX = { 0x30: "will-not-perform", 0x31: "may-perform", 0x32: "will-perform" };
const NFT = { SENT: "sent", NOT_SENT: "not-sent", MAY_SEND: "maybe-sent" };

const condition = (it) => {
  const address = it.who ?? "origin";
  if (it.kind === "stx") {
    return { type: "stx-postcondition", address, condition: COMPARE[it.compare], amount: it.amount };
  }
  if (it.kind === "token") {
    return { type: "ft-postcondition", address, condition: COMPARE[it.compare], asset: it.asset, amount: it.amount };
  }
  if (it.kind === "staking") {
    return { type: "staking-postcondition", address, condition: COMPARE[it.compare], amount: it.amount };
  }
  if (it.kind === "pox") return { type: "pox-postcondition", address, condition: POX[it.code] };
  return { type: "nft-postcondition", address, condition: NFT[it.code], asset: it.asset, assetId: value(it.value) };
};

const conditions = (it) => it.post_conditions.map(condition);

const options = (it) => ({
  fee: BigInt(it.fee),
  nonce: BigInt(it.nonce),
  network: it.network,
  sponsored: it.sponsor !== null,
  postConditionMode: it.mode,
  postConditions: conditions(it),
  validateWithAbi: false,
});

const make = async (it) => {
  const who = it.signed ? { senderKey: it.key } : { publicKey: it.public_key };
  const common = { ...options(it), ...who };
  const { payload } = it;
  if (payload.kind === "call") {
    const [contractAddress, contractName] = payload.contract.split(".");
    const call = { contractAddress, contractName, functionName: payload.function, functionArgs: payload.arguments.map(value) };
    return it.signed ? stacks.makeContractCall({ ...common, ...call }) : stacks.makeUnsignedContractCall({ ...common, ...call });
  }
  if (payload.kind === "deploy") {
    const deploy = { contractName: payload.name, codeBody: payload.code, clarityVersion: payload.clarity_version };
    return it.signed ? stacks.makeContractDeploy({ ...common, ...deploy }) : stacks.makeUnsignedContractDeploy({ ...common, ...deploy });
  }
  const transfer = { recipient: payload.recipient, amount: BigInt(payload.amount), memo: payload.memo };
  return it.signed ? stacks.makeSTXTokenTransfer({ ...common, ...transfer }) : stacks.makeUnsignedSTXTokenTransfer({ ...common, ...transfer });
};

const transaction = async (it) => {
  let made = await make(it);
  if (it.signed && it.sponsor !== null) {
    made = await stacks.sponsorTransaction({
      transaction: made,
      sponsorPrivateKey: it.sponsor.key,
      fee: BigInt(it.sponsor.fee),
      sponsorNonce: BigInt(it.sponsor.nonce),
      network: it.network,
    });
  }
  return { hex: made.serialize(), txid: made.txid() };
};

// As wallets sign what they are given.
const signDraft = (it) => {
  const made = stacks.deserializeTransaction(it.hex);
  new stacks.TransactionSigner(made).signOrigin(it.key);
  return { hex: made.serialize() };
};

const ask = {
  value: (it) => ({ hex: Cl.serialize(value(it.value)) }),
  post_condition: (it) => ({ hex: stacks.postConditionToHex(condition(it.post_condition)) }),
  transaction,
  for_sponsor: async (it) => ({ hex: (await make(it)).serialize() }),
  sign_draft: signDraft,
  address: (it) => ({ address: stacks.addressToString(stacks.addressFromVersionHash(it.version, it.hash)) }),
  account: (it) => ({ address: stacks.getAddressFromPrivateKey(it.key, it.network) }),
  sign: (it) => ({ signature: stacks.signMessageHashRsv({ messageHash: it.digest, privateKey: it.key }) }),
  structured: (it) => ({
    encoded: stacks.encodeStructuredData({ domain: value(it.domain), message: value(it.message) }),
    signature: stacks.signStructuredData({ domain: value(it.domain), message: value(it.message), privateKey: it.key }),
  }),
};

const plain = (answer) =>
  JSON.stringify(answer, (_, one) => (one instanceof Uint8Array ? Buffer.from(one).toString("hex") : one));

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const it = JSON.parse(line);
    answer = await ask[it.ask](it);
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${plain(answer)}\n`);
}
