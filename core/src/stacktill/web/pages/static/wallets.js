// Wallets in the payer's browser: found, asked to pay, and understood in the ways they answer.
// The server prepares every byte that is signed. What a wallet says afterwards is a hint for the payer, and
// proves nothing: the page goes on when the chain has the money.

const LOOKS_MS = [0, 300, 1000, 3000, 8000];
const SLOW_MS = 25000;
const FATE_MS = [3000, 7000, 10000, 15000, 30000];
const UNSEEN_AFTER = 4;
const NAME_LENGTH = 32;
const WORDS_LENGTH = 160;
const ADDRESS = /^S[PMTN][0-9A-HJKMNP-TV-Z]{28,41}$/;
const TXID = /^(?:0x)?([0-9a-f]{64})$/i;

// Ways to ask for an address, by what wallets understand; the next one is tried when one is not understood.
const BY_SIP30 = ["getAddresses", "stx_getAddresses", "stx_getAccounts"];
const BY_XVERSE = ["wallet_connect", "stx_getAccounts", "getAddresses"];
const KNOWN = {
  LeatherProvider: { name: "Leather", ways: BY_SIP30 },
  "XverseProviders.BitcoinProvider": { name: "Xverse", ways: BY_XVERSE, isBare: true },
  "XverseProviders.StacksProvider": { name: "Xverse", ways: BY_XVERSE, isBare: true },
  "FordefiProviders.UtxoProvider": { name: "Fordefi", ways: BY_XVERSE, isBare: true },
  AsignaProvider: { name: "Asigna", ways: BY_SIP30 },
};
// Where wallets announce themselves. The last list is Bitcoin wallets' too: only those of Stacks count there.
const LISTS = ["webbtc_stx_providers", "wbip_providers", "btc_providers"];

// ------------------------------------------------------------------------------ finding

const at = (path) => {
  let found = window;
  for (const name of path.split(".")) found = Object(found)[name];
  return typeof found?.request === "function" ? found : null;
};

const announced = () => LISTS.flatMap((list) => {
  const told = Array.isArray(window[list]) ? window[list] : [];
  return told.filter((each) => typeof each?.id === "string").map((each) => ({ ...each, list }));
});

const speaksStacks = ({ list, methods }) => (Array.isArray(methods)
  ? methods.includes("stx_callContract") : list === "webbtc_stx_providers");

/** The wallets that are here now, each once, the well-known ones by the names that we know. */
const present = () => {
  const found = new Map();
  const told = announced();
  const icons = new Map(told.map(({ id, icon }) => [id, icon]));
  const add = (id, kind, icon) => {
    const provider = at(id);
    const isTwice = [...found.values()].some((each) => each.name === kind.name || each.provider === provider);
    if (provider && !isTwice) found.set(id, { id, icon, provider, ...kind });
  };
  for (const [id, kind] of Object.entries(KNOWN)) add(id, kind, icons.get(id));
  for (const each of told) {
    if (each.id in KNOWN || !speaksStacks(each)) continue;
    const name = String(each.name ?? each.id).slice(0, NAME_LENGTH);
    add(each.id, { name, ways: [...BY_SIP30, "wallet_connect"] }, each.icon);
  }
  return [...found.values()];
};

// ------------------------------------------------------------------------------ asking

/** What went wrong, by the word under which the page has a sentence for it; `words` are the wallet's own. */
class Trouble extends Error {
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
  if (REFUSED.has(code) || /reject|cancel|declin|denied|closed/i.test(words)) return new Trouble("refused", words);
  return new Trouble(words ? "told" : "trouble", words);
};

/** A request to a wallet: its result, or a Trouble, whichever way the wallet says so. */
const ask = async ({ provider }, method, params) => {
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

/** Every address in an answer, whatever it is wrapped in. */
const addressesIn = (value, depth = 0) => {
  if (typeof value === "string") return ADDRESS.test(value) ? [value] : [];
  if (!value || typeof value !== "object" || depth > 4) return [];
  return Object.values(value).flatMap((each) => addressesIn(each, depth + 1));
};

const addressOf = async (wallet, { network, why }) => {
  const wanted = network === "mainnet" ? "SP" : "ST";
  const Network = network[0].toUpperCase() + network.slice(1);
  const params = {
    wallet_connect: { addresses: ["stacks"], message: why, network: Network },
    stx_getAccounts: null, // Xverse takes nothing here, not even an empty object.
  };
  let trouble = new Trouble("unable");
  for (const way of wallet.ways) {
    try {
      const found = addressesIn(await ask(wallet, way, way in params ? params[way] : { network }));
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
const wanted = (wallet, call, address, network) => (wallet.isBare
  ? { ...call, arguments: call.functionArgs }
  : { ...call, address, network });

const txidIn = (answer) => {
  const named = [answer, answer?.txid, answer?.txId, answer?.tx_id].find((each) => TXID.test(each));
  return named === undefined ? null : TXID.exec(named)[1].toLowerCase();
};

// ------------------------------------------------------------------------------ showing

const section = () => document.getElementById("wallets");
const KEPT = `wallet ${document.getElementById("panel")?.dataset.payment}`;
const BAD = new Set(["refused", "locked", "unable", "told", "trouble", "failed"]);
const CAREFUL = new Set(["odd", "unseen", "slow", "problem"]);

let wallets = [];
let attempt = 0;
let isBusy = false;
let said = null; // { kind, words }
let held = null; // What waits for "all the same".
let isUnsure = false; // Whether nobody could be asked what became of it.
let hint = null; // { txid, remaining }: a wallet has signed; without an id when it did not name one.

const kept = () => {
  try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; }
};
const keep = (value) => {
  hint = value;
  isUnsure = false;
  try {
    if (value) sessionStorage.setItem(KEPT, JSON.stringify(value)); else sessionStorage.removeItem(KEPT);
  } catch { /* A browser that keeps nothing: the hint lives as long as the page. */ }
};

const sentence = ({ kind, words = "" }) => {
  if (kind === "problem") return words;
  const name = `said${kind[0].toUpperCase()}${kind.slice(1)}`;
  return (section().dataset[name] ?? "").replace("{words}", () => words);
};

const buttonOf = (wallet) => {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "main", disabled: isBusy });
  button.dataset.wallet = wallet.id;
  if (typeof wallet.icon === "string" && wallet.icon.startsWith("data:image/")) {
    button.append(Object.assign(new Image(), { src: wallet.icon, alt: "" }));
  }
  button.append(section().dataset.pay.replace("{wallet}", () => wallet.name));
  return button;
};

/** Bring the page in line with what is known here; it may just have come anew from the server. */
const show = () => {
  const place = section();
  if (!place) return;
  if (hint && hint.remaining !== place.dataset.remaining) { keep(null); said = null; }
  place.hidden = !wallets.length && !hint;
  place.parentElement.classList.toggle("signed", Boolean(hint));
  const choices = document.getElementById("wallet-choices");
  const focused = choices.contains(document.activeElement) ? document.activeElement.dataset.wallet : null;
  choices.replaceChildren(...(hint ? [] : wallets.map(buttonOf)));
  if (focused) [...choices.children].find((each) => each.dataset.wallet === focused)?.focus();
  const line = document.getElementById("wallet-said");
  const text = said ? sentence(said) : "";
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
  line.className = `notice ${BAD.has(said?.kind) ? "bad" : CAREFUL.has(said?.kind) ? "warn" : said?.kind === "sent" ? "good" : ""}`;
  const canGoOn = Boolean(held);
  const canRepeat = Boolean(hint && (isUnsure || said?.kind !== "sent")) || said?.kind === "slow";
  document.getElementById("wallet-go-on").hidden = !canGoOn;
  document.getElementById("wallet-again").hidden = !canRepeat;
  document.getElementById("wallet-then").hidden = !canGoOn && !canRepeat;
};

const tell = (kind, words) => { said = kind ? { kind, words } : null; show(); };

// ------------------------------------------------------------------------------ paying

/** The server's answer about an address. */
const prepared = async (url, address) => {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams({ address }) });
  if (!answer.ok) throw new Trouble("trouble");
  return answer.json();
};

/** Wait for a wallet as long as it takes, and say so when it takes long. */
const patiently = async (mine, waiting) => {
  const timer = setTimeout(() => { if (mine === attempt && isBusy) tell("slow"); }, SLOW_MS);
  try { return await waiting; } finally { clearTimeout(timer); }
};

const sign = async (wallet, call, address, mine) => {
  const { network, remaining } = section().dataset;
  if (mine === attempt) tell("sign");
  const answer = await patiently(mine, ask(wallet, "stx_callContract", wanted(wallet, call, address, network)));
  // Believed only this far, even from an attempt that was given up: it is a reason not to pay again.
  const txid = txidIn(answer);
  keep({ txid, remaining });
  tell(txid ? "sent" : "odd");
  if (txid) follow(txid);
};

/** One attempt from the beginning; a newer one takes the page, but not the answer, away from it. */
const attend = async (work) => {
  const mine = ++attempt;
  isBusy = true;
  held = null;
  try {
    await work(mine);
  } catch (error) {
    const { kind, message } = error instanceof Trouble ? error : new Trouble("trouble");
    if (mine === attempt && !hint) tell(kind, message);
  } finally {
    if (mine === attempt) isBusy = false;
    show();
  }
};

const pay = (wallet) => attend(async (mine) => {
  const { network, why, url } = section().dataset;
  tell("address");
  const address = await patiently(mine, addressOf(wallet, { network, why }));
  if (mine !== attempt) return;
  tell("check");
  const { call, problem } = await prepared(url, address);
  if (mine !== attempt) return;
  if (!problem) {
    await sign(wallet, call, address, mine);
    return;
  }
  held = call && { wallet, call, address };
  tell("problem", problem);
});

const goOn = () => {
  const { wallet, call, address } = held;
  attend((mine) => sign(wallet, call, address, mine));
};

/** Begin anew, on the payer's own word. */
const again = () => {
  attempt += 1;
  isBusy = false;
  held = null;
  keep(null);
  tell(null);
};

// ------------------------------------------------------------------------------ what became of it

let following = null;

const fateOf = async (txid) => {
  try {
    const [path, query] = section().dataset.url.split("?");
    const answer = await fetch(`${path}/${txid}${query ? `?${query}` : ""}`);
    return answer.ok ? (await answer.json()).fate : null;
  } catch {
    return null;
  }
};

/** Ask now and then what the network knows, until the page itself shows that the money is there. */
const follow = (txid, turn = 0, unseen = 0) => {
  clearTimeout(following);
  following = setTimeout(async () => {
    if (hint?.txid !== txid || !section()) return;
    const fate = await fateOf(txid);
    if (hint?.txid !== txid || !section()) return;
    const missing = fate === null || fate === "unseen" ? unseen + 1 : 0;
    if (fate === "failed") { keep(null); tell("failed"); return; }
    isUnsure = missing >= UNSEEN_AFTER;
    tell(isUnsure && fate === "unseen" ? "unseen" : "sent");
    follow(txid, turn + 1, missing);
  }, FATE_MS[Math.min(turn, FATE_MS.length - 1)]);
};

// ------------------------------------------------------------------------------ beginning

const look = () => {
  const before = wallets.map(({ id }) => id).join();
  wallets = present();
  if (wallets.map(({ id }) => id).join() !== before) show();
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button");
  const chosen = wallets.find(({ id }) => id === button?.dataset.wallet);
  if (chosen && !isBusy) pay(chosen);
  if (button?.id === "wallet-go-on" && held) goOn();
  if (button?.id === "wallet-again") again();
});

// The panel is put in place anew whenever there is news.
new MutationObserver(show).observe(document.querySelector("main .inner"), { childList: true });
for (const wait of LOOKS_MS) setTimeout(look, wait);
addEventListener("focus", look);

hint = kept();
if (hint) said = { kind: hint.txid ? "sent" : "odd" };
if (hint?.txid) follow(hint.txid);
show();
