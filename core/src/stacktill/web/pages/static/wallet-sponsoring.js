// A payer without STX signs a transaction that its wallet does not send: the shop pays the fee, and sends it.

import { Trouble, ask, textsIn, txidIn, wanted } from "./wallet-asking.js";

const RETRIES_MS = [0, 1500, 4000];
const disliked = new Set();
/** What may be a whole transaction: nothing else in an answer is as long. */
const TRANSACTION = /^(?:0x)?((?:[0-9a-f]{2}){150,})$/i;
/** Made to be sponsored, by one key, and not yet signed by a sponsor: no node takes that as it is. */
const OPEN = /^.{10}05.{282}0{130}/;

/**
 * What a wallet made of the call, by the first of its ways that it understands: `signed`, which the server
 * is to send, or `txid` alone when the wallet has sent something by itself.
 */
export const signed = async (wallet, call, draft, address, network) => {
  const asked = {
    call: ["stx_callContract", { ...wanted(wallet, call, address, network), sponsored: true }],
    draft: draft && ["stx_signTransaction", { transaction: draft, broadcast: false }],
  };
  const isDisliked = (way) => Number(disliked.has(`${wallet.id} ${way}`));
  const ways = wallet.sponsors.filter((way) => asked[way]).sort((one, other) => isDisliked(one) - isDisliked(other));
  let trouble = new Trouble("trouble");
  for (const way of ways) {
    try {
      const answer = await ask(wallet, ...asked[way]);
      const txid = txidIn(answer);
      const found = textsIn(answer).map((each) => TRANSACTION.exec(each)?.[1].toLowerCase()).find(Boolean) ?? null;
      if (found && OPEN.test(found)) return { txid: null, signed: found };
      // With an id it was sent by the wallet, at the payer's own cost; without one the server says what is wrong.
      return { txid, signed: txid ? null : found };
    } catch (error) {
      // Perhaps it has not seen that another pays: the next press begins with another way.
      if (error.kind === "told") disliked.add(`${wallet.id} ${way}`);
      if (error.kind !== "unable") throw error;
      trouble = error;
    }
  }
  throw trouble;
};

/**
 * What the server did with it; null when it cannot be reached. The connection may break while it answers,
 * and to ask twice does no harm.
 */
export const handedOver = async (transaction, posted) => {
  for (const wait of RETRIES_MS) {
    await new Promise((done) => { setTimeout(done, wait); });
    try {
      const answer = await posted({ transaction }, "/sponsor");
      if (answer.ok) return await answer.json();
    } catch { /* No connection: once more. */ }
  }
  return null;
};
