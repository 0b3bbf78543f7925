// Asking a wallet, and understanding it in the ways that wallets answer, fail and refuse.

const WORDS_LENGTH = 160;
const ADDRESS = /^S[PMTN][0-9A-HJKMNP-TV-Z]{28,41}$/;
const TXID = /^(?:0x)?([0-9a-f]{64})$/i;

/** What went wrong, by the word under which the page has a sentence for it; `words` are the wallet's own. */
export class Trouble extends Error {
  constructor(kind, words = "") {
    super(words);
    this.kind = kind;
  }
}

const NOT_UNDERSTOOD = new Set([-32601, -32602, -32004, 4200]);
const REFUSED = new Set([4001, -32000, -31001]);

/** Wallets refuse in many ways: by code, or by words alone. */
const troubleOf = (error) => {
  const words = String((typeof error === "string" ? error : error?.message) ?? "").slice(0, WORDS_LENGTH);
  const code = Number(error?.code);
  if (/\block(ed)?\b/i.test(words)) return new Trouble("locked", words);
  if (NOT_UNDERSTOOD.has(code) || /not (supported|found|implemented)|unsupported|unknown method/i.test(words)) {
    return new Trouble("unable", words);
  }
  // A node rejects transactions; only people decline.
  if (REFUSED.has(code) || /(?<!transaction )reject|cancel|declin|denied|closed/i.test(words)) {
    return new Trouble("refused", words);
  }
  return new Trouble(words ? "told" : "trouble", words);
};

/** A request to a wallet: its result, or a Trouble, whichever way the wallet says so. */
export const ask = async ({ provider }, method, params) => {
  let answer;
  try {
    answer = await provider.request(method, params);
  } catch (error) {
    // Leather rejects with the whole response, others with an error of their own.
    throw troubleOf(error?.error ?? error);
  }
  if (answer?.error || answer?.status === "error") throw troubleOf(answer.error ?? answer);
  return answer?.result ?? answer;
};

/** Every text in an answer, whatever it is wrapped in. */
export const textsIn = (value, depth = 0) => {
  if (typeof value === "string") return [value];
  if (!value || typeof value !== "object" || depth > 4) return [];
  return Object.values(value).flatMap((each) => textsIn(each, depth + 1));
};

export const addressOf = async (wallet, { network, why }) => {
  const wanted = network === "mainnet" ? "SP" : "ST";
  const Network = network[0].toUpperCase() + network.slice(1);
  const params = {
    wallet_connect: { addresses: ["stacks"], message: why, network: Network },
    stx_getAccounts: null, // Xverse takes nothing here, not even an empty object.
  };
  let trouble = new Trouble("unable");
  for (const way of wallet.ways) {
    try {
      const answer = await ask(wallet, way, way in params ? params[way] : { network });
      const found = textsIn(answer).filter((each) => ADDRESS.test(each));
      const best = found.find((each) => each.startsWith(wanted)) ?? found[0];
      if (best) return best;
    } catch (error) {
      if (error.kind !== "unable") throw error;
      trouble = error;
    }
  }
  throw trouble;
};

/** The call as a wallet wants it: some take nothing that they do not know, some still read an old name. */
export const wanted = (wallet, call, address, network) => (wallet.isBare
  ? { ...call, arguments: call.functionArgs }
  : { ...call, address, network });

export const txidIn = (answer) => {
  const named = [answer, answer?.txid, answer?.txId, answer?.tx_id].find((each) => TXID.test(each));
  return named === undefined ? null : TXID.exec(named)[1].toLowerCase();
};
