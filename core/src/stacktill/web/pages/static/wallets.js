// Wallets in the payer's browser: found, asked to pay, and understood in the ways they answer.
// The server prepares every byte that is signed. What a wallet says afterwards is a hint for the payer, and
// proves nothing: the page goes on when the chain has the money.

import { present } from "./wallet-finding.js";
import { Trouble, addressOf, ask, txidIn, wanted } from "./wallet-asking.js";

const LOOKS_MS = [0, 300, 1000, 3000, 8000];
const SLOW_MS = 25000;
const FATE_MS = [3000, 7000, 10000, 15000, 30000];
const UNSEEN_AFTER = 4;

// ------------------------------------------------------------------------------ showing

const section = () => document.getElementById("wallets");
const KEPT = `wallet ${document.getElementById("panel")?.dataset.payment}`;
const TONES = {
  good: ["sent", "handed"],
  bad: ["refused", "locked", "unable", "told", "trouble", "failed", "stopped"],
  warn: ["odd", "unseen", "slow", "problem", "lost"],
};

let wallets = [];
let attempt = 0;
let isBusy = false;
let said = null; // { kind, words }
let held = null; // What waits for "all the same".
let isUnsure = false; // Whether nobody could be asked what became of it.
// { txid, remaining, kind, signed }: a wallet has signed, without an id when it named none. `kind` says who has
// sent it; `signed` is what the server has still to get.
let hint = null;

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
  // Not disabled, which would take the focus away.
  Object.assign(button, { type: "button", className: "main", ariaDisabled: String(isBusy) });
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
  place.hidden = !wallets.length && !hint && !document.getElementById("wallet-own");
  place.parentElement.classList.toggle("signed", Boolean(hint));
  const choices = document.getElementById("wallet-choices");
  const focused = choices.contains(document.activeElement) ? document.activeElement.dataset.wallet : null;
  choices.replaceChildren(...(hint ? [] : wallets.map(buttonOf)));
  if (focused) [...choices.children].find((each) => each.dataset.wallet === focused)?.focus();
  const line = document.getElementById("wallet-said");
  const text = said ? sentence(said) : "";
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
  const tone = Object.keys(TONES).find((each) => TONES[each].includes(said?.kind)) ?? "";
  line.className = `notice ${tone}`;
  const canGoOn = Boolean(held);
  const isWell = tone === "good" || said?.kind === "handing";
  const canRepeat = hint ? isUnsure || !isWell : said?.kind === "slow";
  document.getElementById("wallet-go-on").hidden = !canGoOn;
  document.getElementById("wallet-again").hidden = !canRepeat;
  document.getElementById("wallet-then").hidden = !canGoOn && !canRepeat;
};

const tell = (kind, words) => { said = kind ? { kind, words } : null; show(); };

// ------------------------------------------------------------------------------ paying

/** What the server answers to a form of this payment; `more` goes on after the path. */
const posted = (fields, more = "") => {
  const [path, query] = section().dataset.url.split("?");
  const body = new URLSearchParams(fields);
  return fetch(`${path}${more}${query ? `?${query}` : ""}`, { method: "POST", body });
};

/** The server's answer about an address. */
const prepared = async (wallet, address) => {
  const answer = await posted({ address, ...(wallet.sponsors.includes("draft") && { draft: 1 }) });
  if (!answer.ok) throw new Trouble("trouble");
  return answer.json();
};

/** Wait for a wallet as long as it takes, and say so when it takes long. */
const patiently = async (mine, waiting) => {
  const timer = setTimeout(() => { if (mine === attempt && isBusy) tell("slow"); }, SLOW_MS);
  try { return await waiting; } finally { clearTimeout(timer); }
};

/** Something is on its way, or may be. Believed only this far: it is a reason not to pay again. */
const onItsWay = (found) => {
  keep(found);
  if (found.txid) follow(found.txid);
  tell(found.txid ? found.kind : "odd");
};

const sign = async (wallet, call, address, mine) => {
  const { network, remaining } = section().dataset;
  if (mine === attempt) tell("sign");
  const answer = await patiently(mine, ask(wallet, "stx_callContract", wanted(wallet, call, address, network)));
  // Even from an attempt that was given up.
  onItsWay({ txid: txidIn(answer), remaining, kind: "sent" });
};

/** Who has no STX signs as well, and the shop adds the fee; what few need is fetched only then. */
const signSponsored = async (wallet, { call, sponsored }, address, mine) => {
  const { network, remaining } = section().dataset;
  const { signed } = await import("./wallet-sponsoring.js");
  if (mine !== attempt) return;
  tell("sponsored");
  const found = await patiently(mine, signed(wallet, call, sponsored.draft, address, network));
  // An attempt that was given up may still be paid, but not beside another one.
  if (mine !== attempt && (isBusy || hint)) return;
  if (found.signed) {
    keep({ ...found, remaining });
    await handOver();
  } else {
    onItsWay({ ...found, remaining, kind: "sent" });
  }
};

/** Give the server what was signed, and say what became of it. */
const handOver = async () => {
  const { handedOver } = await import("./wallet-sponsoring.js");
  const { signed, remaining } = hint;
  tell("handing");
  const answer = await handedOver(signed, posted);
  if (hint?.signed !== signed) return;
  if (!answer) { tell("lost"); return; }
  if (answer.txid) {
    onItsWay({ txid: answer.txid, remaining, kind: "handed" });
  } else {
    keep(null);
    tell("problem", answer.problem);
  }
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
  const { network, why } = section().dataset;
  tell("address");
  const address = await patiently(mine, addressOf(wallet, { network, why }));
  if (mine !== attempt) return;
  tell("check");
  const answer = await prepared(wallet, address);
  const { call, problem, sponsored } = answer;
  if (mine !== attempt) return;
  if (sponsored) {
    await signSponsored(wallet, answer, address, mine);
  } else if (!problem) {
    await sign(wallet, call, address, mine);
  } else {
    held = call && { wallet, call, address };
    tell("problem", problem);
  }
});

const goOn = () => {
  const { wallet, call, address } = held;
  attend((mine) => sign(wallet, call, address, mine));
};

/** Begin anew, on the payer's own word; what is signed already is not signed again. */
const again = () => {
  if (hint?.signed) { attend(handOver); return; }
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
    const fate = section() ? await fateOf(txid) : null;
    if (hint?.txid !== txid) return;
    // Nothing is asked while the page shows that it is paid; a fork may bring the question back.
    if (!section()) { follow(txid); return; }
    const missing = fate === null || fate === "unseen" ? unseen + 1 : 0;
    if (fate === "failed" || fate === "stopped") { keep(null); tell(fate); return; }
    isUnsure = missing >= UNSEEN_AFTER;
    tell(isUnsure && fate === "unseen" ? "unseen" : hint.kind);
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
if (hint?.signed) tell("lost");
else if (hint) onItsWay(hint);
else show();
