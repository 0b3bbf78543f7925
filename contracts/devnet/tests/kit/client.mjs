// A client of the local chain for its tests: asks over HTTP, signs with stacks.js.
import {
  Cl,
  PostConditionMode,
  makeContractCall,
  makeContractDeploy,
  makeSTXTokenTransfer,
  sponsorTransaction,
} from "@stacks/transactions";
import { startDevnet } from "../../devnet.mjs";

export const devnet = await startDevnet({ port: 0 });
export const { accounts, contracts, sbtc, sbtc_asset: asset } = devnet;

/** The answer's body; throws when the status is another one. */
export async function get(path, { status = 200, headers = {} } = {}) {
  return answered(await fetch(devnet.url + path, { headers }), status);
}

export async function post(path, body = {}, { status = 200, method = "POST" } = {}) {
  const isBytes = body instanceof Uint8Array;
  const type = isBytes ? "application/octet-stream" : "application/json";
  const text = isBytes ? body : JSON.stringify(body);
  const headers = { "content-type": type };
  return answered(await fetch(devnet.url + path, { method, body: text, headers }), status);
}

async function answered(answer, status) {
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${answer.status} ${answer.url}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Back to the first block, with nothing waiting and good weather. */
export const fresh = () => post("/devnet/reset");

export const mine = async (options) => (await post("/devnet/mine", options)).blocks;

const USUAL = {
  fee: 2000,
  network: "testnet",
  postConditionMode: PostConditionMode.Allow,
  validateWithAbi: false,
};

/** Options of stacks.js for a signer by name; the nonce is the account's next one. */
async function signedBy(name, options) {
  const { address, private_key: senderKey } = accounts[name];
  const { next_nonce: nonce } = await get(`/extended/v3/principals/${address}/nonces`);
  return { ...USUAL, senderKey, nonce, ...options };
}

/** A signed contract call. */
export async function call(name, contract, functionName, functionArgs, options = {}) {
  const [contractAddress, contractName] = contract.split(".");
  const given = { contractAddress, contractName, functionName, functionArgs };
  return makeContractCall({ ...(await signedBy(name, options)), ...given });
}

/** A signed transfer of sats between accounts by name. */
export async function transfer(from, to, sats, { memo = null, ...options } = {}) {
  const note = memo === null ? Cl.none() : Cl.some(Cl.bufferFromHex(memo));
  const values = [
    Cl.uint(sats),
    Cl.principal(accounts[from].address),
    Cl.principal(accounts[to]?.address ?? to),
    note,
  ];
  return call(from, sbtc, "transfer", values, options);
}

export async function sendStx(from, to, amount, options = {}) {
  const recipient = accounts[to]?.address ?? to;
  return makeSTXTokenTransfer({ ...(await signedBy(from, options)), recipient, amount });
}

export async function deploy(from, contractName, codeBody, options = {}) {
  const given = { contractName, codeBody, clarityVersion: 4 };
  return makeContractDeploy({ ...(await signedBy(from, options)), ...given });
}

export async function sponsored(transaction, { by = "sponsor", fee = 3000, nonce } = {}) {
  const { address, private_key: sponsorPrivateKey } = accounts[by];
  const { next_nonce: next } = await get(`/extended/v3/principals/${address}/nonces`);
  const sponsorNonce = nonce ?? next;
  return sponsorTransaction({
    transaction,
    sponsorPrivateKey,
    fee,
    sponsorNonce,
    network: "testnet",
  });
}

/** Send it; answers the id. With a status it answers the node's refusal. */
export async function send(transaction, { status = 200 } = {}) {
  const bytes = transaction instanceof Uint8Array ? transaction : transaction.serializeBytes();
  return post("/v2/transactions", bytes, { status });
}

/** Send and mine; answers the transaction as the API shows it. */
export async function run(transaction) {
  const txid = await send(transaction);
  await mine();
  return shown(txid);
}

export const shown = (txid) => get(`/extended/v3/transactions/0x${txid}?include=result`);
export const eventsOf = async (txid) =>
  (await get(`/extended/v3/transactions/0x${txid.replace(/^0x/, "")}/events?limit=100`)).results;

export async function sats(name) {
  const { address } = accounts[name];
  return Number((await get(`/extended/v3/principals/${address}/balances/ft/${asset}`)).balance);
}

export async function stx(name) {
  return Number(BigInt((await get(`/v2/accounts/${accounts[name].address}?proof=0`)).balance));
}

export const nonce = async (name) => (await get(`/v2/accounts/${accounts[name].address}`)).nonce;
