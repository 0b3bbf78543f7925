// Transactions that the chain's own people sign on request, so that nobody needs a wallet to play.
import { randomBytes } from "node:crypto";
import {
  Cl,
  PostConditionMode,
  makeContractCall,
  makeSTXTokenTransfer,
} from "@stacks/transactions";
import { SBTC, SBTC_DEPOSIT } from "./network.mjs";
import { Answer } from "./router.mjs";

const FEE = 2000n;
const HASH_BYTES = 32;
const MEMO_BYTES = 34;

/** Signs for the accounts of a chain. */
export class Faucet {
  #chain;
  #accounts;

  constructor(chain, accounts) {
    this.#chain = chain;
    this.#accounts = accounts;
  }

  /** Send STX and sats to an address; answers the ids of what was submitted. */
  async give({ address, stx = 0, sats = 0 }) {
    const ids = [];
    if (sats > 0) ids.push(await this.transfer({ from: "faucet", to: address, sats }));
    if (stx > 0) ids.push(await this.#sendStx(address, BigInt(Math.round(stx * 1e6))));
    return ids;
  }

  /** Let a named account send sats; `memo` is hex. Answers the id. */
  async transfer({ from, to, sats, memo = null }) {
    const { address, private_key: senderKey } = this.#accountOf(from);
    const note = memo === null ? Cl.none() : Cl.some(Cl.bufferFromHex(checkedMemo(memo)));
    const values = [Cl.uint(sats), Cl.principal(address), Cl.principal(to), note];
    return this.#call({ address, senderKey }, SBTC, "transfer", values);
  }

  /** Mint sats for an address, as the signers do for bitcoin. Answers the id. */
  async mint({ to, sats }) {
    const { address, private_key: senderKey } = this.#accountOf("faucet");
    const hash = () => Cl.buffer(randomBytes(HASH_BYTES));
    const bitcoin = [hash(), Cl.uint(0)];
    const block = [hash(), Cl.uint(0), hash()];
    const values = [...bitcoin, Cl.uint(sats), Cl.principal(to), ...block];
    return this.#call({ address, senderKey }, SBTC_DEPOSIT, "complete-deposit-wrapper", values);
  }

  async #call({ address, senderKey }, contract, functionName, functionArgs) {
    const [contractAddress, contractName] = contract.split(".");
    const transaction = await makeContractCall({
      contractAddress,
      contractName,
      functionName,
      functionArgs,
      senderKey,
      nonce: this.#nextNonce(address),
      fee: FEE,
      network: "testnet",
      postConditionMode: PostConditionMode.Allow,
      validateWithAbi: false,
    });
    return this.#submit(transaction);
  }

  async #sendStx(recipient, amount) {
    const { address, private_key: senderKey } = this.#accountOf("faucet");
    const nonce = this.#nextNonce(address);
    const given = { recipient, amount, senderKey, nonce, fee: FEE, network: "testnet" };
    return this.#submit(await makeSTXTokenTransfer(given));
  }

  #submit(transaction) {
    return this.#chain.submit(Buffer.from(transaction.serializeBytes())).txid;
  }

  #nextNonce(address) {
    const waiting = this.#chain.mempool.noncesOf(address);
    return waiting.length > 0 ? waiting.at(-1) + 1n : this.#chain.nonceOf(address);
  }

  #accountOf(name) {
    const account = this.#accounts[name];
    if (account !== undefined) return account;
    const names = Object.keys(this.#accounts).join(", ");
    throw new Answer(400, { error: `there is no account ${name}, only ${names}` });
  }
}

function checkedMemo(memo) {
  const bare = memo.replace(/^0x/, "");
  if (/^([0-9a-f]{2})*$/i.test(bare) && bare.length <= MEMO_BYTES * 2) return bare;
  throw new Answer(400, { error: "memo is hex, of at most 34 bytes" });
}
