// The point of sale made quicker: keys to press, the other unit below, the next sale by Enter.
// Everything here only adds to pages that work without it.

const SATS_PER_BTC = 100_000_000n;

const amount = document.getElementById("amount");
const keys = document.getElementById("keys");
const unit = () => document.querySelector("input[name=unit]:checked")?.value;

/** What was typed, in sats; null when it is no amount. The server decides, this only shows. */
const typedSats = () => {
  const text = amount.value.replace(/[\s'’]/g, "").replace(",", ".");
  if (unit() === "sats") return /^\d{1,16}$/.test(text) ? BigInt(text) : null;
  const match = /^(\d{0,8})(?:\.(\d{0,8}))?$/.exec(text);
  if (!match || !(match[1] || match[2])) return null;
  return BigInt(match[1] || 0) * SATS_PER_BTC + BigInt((match[2] ?? "").padEnd(8, "0"));
};

const asBtc = (sats) => `${sats / SATS_PER_BTC}.${String(sats % SATS_PER_BTC).padStart(8, "0")}`;

const showOther = () => {
  const sats = typedSats();
  const lang = document.documentElement.lang;
  const other = document.getElementById("other");
  if (sats === null || sats === 0n) other.textContent = "\u00a0";
  else if (unit() === "sats") other.textContent = `${asBtc(sats)} BTC`;
  else other.textContent = `${new Intl.NumberFormat(lang).format(sats)} sats`;
};

const showPoint = () => {
  const point = document.getElementById("point");
  point.dataset.key = point.textContent = unit() === "sats" ? point.dataset.zeros : point.dataset.point;
};

/** The amount that was typed, said in the unit that was just chosen. */
let before = null;
const changeUnit = () => {
  const now = unit();
  const text = amount.value;
  if (before !== null && before !== now && text !== "") {
    const chosen = document.querySelector(`input[name=unit][value=${now}]`);
    document.querySelector(`input[name=unit][value=${before}]`).checked = true;
    const sats = typedSats();
    chosen.checked = true;
    if (sats !== null) amount.value = now === "sats" ? String(sats) : asBtc(sats).replace(/0+$/, "").replace(/\.$/, "");
  }
  before = now;
  showPoint();
  showOther();
};

const press = (key) => {
  if (key === "back") amount.value = amount.value.slice(0, -1);
  else if (key === "." && /[.,]/.test(amount.value)) return;
  else if (key === "000" && /^0?$/.test(amount.value)) return;
  else if (amount.value.length + key.length <= amount.maxLength) {
    amount.value = (amount.value === "0" && key !== "." ? "" : amount.value) + key;
  }
  showOther();
};

if (amount && keys) {
  keys.hidden = false;
  // Ours replace the phone's keys; a keyboard types as before.
  if (matchMedia("(pointer: coarse)").matches) amount.inputMode = "none";
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button")?.dataset.key;
    if (!key) return;
    press(key);
    // Enter is for charging then, not for the key that was touched last.
    if (event.detail > 0) amount.focus({ preventScroll: true });
  });
  amount.addEventListener("input", showOther);
  for (const each of document.querySelectorAll("input[name=unit]")) {
    each.addEventListener("change", () => { changeUnit(); remember(); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const held = document.activeElement;
    if (held?.tagName === "INPUT" && held.type !== "radio") return;
    if (/^[0-9.,]$/.test(event.key)) press(event.key === "," ? "." : event.key);
    else if (event.key === "Backspace") press("back");
    else return;
    event.preventDefault();
  });
  // A page that comes back from the browser's memory is for a new sale.
  addEventListener("pageshow", (event) => { if (event.persisted) document.getElementById("keypad").reset(); });
  const recall = () => {
    let kept = null;
    try { kept = localStorage.getItem("stacktill-pos-unit"); } catch { /* Then the first unit is chosen. */ }
    if (kept && !amount.value) document.querySelector(`input[name=unit][value="${kept === "btc" ? "btc" : "sats"}"]`).checked = true;
  };
  recall();
  changeUnit();
}

function remember() {
  try { localStorage.setItem("stacktill-pos-unit", unit()); } catch { /* It is a convenience only. */ }
}

// When a day begins is for the phone's own clock to say.
const ahead = -new Date().getTimezoneOffset();
document.cookie = `stacktill_pos_offset=${ahead}; path=/pos; max-age=31536000; samesite=strict`;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
for (const each of document.querySelectorAll("time[data-clock]")) {
  each.textContent = clock.format(new Date(Number(each.dataset.clock) * 1000));
}

// A finished sale is left by Enter.
document.addEventListener("keydown", (event) => {
  const next = document.getElementById("next");
  if (event.key === "Enter" && next && document.activeElement !== next) next.click();
});

// While the customer scans, the screen stays on; when it is paid, a hand that holds the phone feels it.
const sale = () => document.getElementById("panel");
const stayAwake = async () => {
  try { await navigator.wakeLock?.request("screen"); } catch { /* Then the phone's own time counts. */ }
};
if (sale()) {
  stayAwake();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) stayAwake(); });
  document.addEventListener("stacktill", ({ detail }) => {
    if (detail.type === "complete" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(150);
  });
}
