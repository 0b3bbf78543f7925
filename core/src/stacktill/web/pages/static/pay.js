// The payer's page kept alive: what has changed is fetched from the server and put in place.
// Everything here only adds to a page that works without it.

const POLL_MS = 5000;
const RETRY_MS = 15000;
const HIDDEN_MS = 10000;
const HIDDEN_POLL_MS = 30000;
const COPIED_MS = 2000;
const TOLD = {
  ready: null, waiting: null, closed: null,
  confirming: "processing", paid: "complete", expired: "expired", canceled: "expired", error: "error",
};

const panel = () => document.getElementById("panel");
const state = () => panel()?.dataset.state ?? "";
/** Tell those who cannot see the page; with `aloud` those who can as well. */
const say = (text, aloud = false) => {
  const place = document.getElementById("said");
  if (!place) return;
  place.textContent = text ?? "";
  place.classList.toggle("aloud", aloud);
};

/** Tell the page that holds this one; the module for frames listens for it. */
export const tellParent = (type, detail = {}) => {
  const payment = panel()?.dataset.payment;
  document.dispatchEvent(new CustomEvent("stacktill", { detail: { type, payment, ...detail } }));
};

const tellState = () => {
  const type = TOLD[state()];
  if (type === "error") tellParent(type, { code: panel().dataset.problem, message: document.title });
  else if (type) tellParent(type);
};

// ------------------------------------------------------------------------------ the page's news

/** This page as the server sees it now. A parsed document runs no scripts. */
const fetched = () => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  request.timeout = 15000;
  request.onload = () => (request.status === 200 && request.response
    ? resolve(request.response) : reject(new Error(`status ${request.status}`)));
  request.onerror = request.ontimeout = () => reject(new Error("no connection"));
  request.send();
});

const place = (fresh) => {
  const old = panel();
  const held = old.contains(document.activeElement) ? document.activeElement.id : null;
  const opened = [...old.querySelectorAll("details")].map((each) => each.open);
  const moved = old.dataset.state !== fresh.dataset.state;
  old.replaceWith(document.adoptNode(fresh));
  if (!moved) panel().querySelectorAll("details").forEach((each, at) => { each.open = opened[at] ?? each.open; });
  prepare(panel());
  if (held !== null) (document.getElementById(held) ?? document.getElementById("heading"))?.focus();
  if (moved) document.querySelector("main").dataset.state = state();
  const words = (query) => panel().querySelector(query)?.textContent.trim();
  const [heading, news] = [words("#heading"), words("[data-news]")];
  say(moved && news ? `${heading}. ${news}` : news ?? heading);
  if (moved) tellState();
};

let asking = null;

/** Look whether there is something new, once at a time. */
const refresh = () => {
  asking ??= fetched().then((page) => {
    const fresh = page.getElementById("panel");
    if (!fresh || !panel()) return;
    document.title = page.title;
    if (fresh.dataset.version !== panel().dataset.version) {
      const order = document.getElementById("order");
      const freshOrder = page.getElementById("order");
      if (order && freshOrder) order.replaceWith(document.adoptNode(freshOrder));
      place(fresh);
    } else {
      const left = page.getElementById("left")?.dataset.left;
      if (left !== undefined) startCountdown(Number(left));
    }
    if (offline) say("");
    offline = false;
  }).catch(() => {
    if (!offline) say(panel()?.dataset.saidOffline, true);
    offline = true;
  }).finally(() => { asking = null; });
  return asking;
};

let offline = false;
let stream = null;
let poll = null;
let retry = null;
let hidden = null;

const startPolling = (pause = POLL_MS) => { poll ??= setInterval(refresh, pause); };
const stopPolling = () => { clearInterval(poll); poll = null; };

const listen = () => {
  const address = panel()?.dataset.live;
  if (!address || stream || document.hidden) return;
  stream = new EventSource(address);
  stream.onopen = stopPolling;
  stream.onmessage = ({ data }) => {
    stopPolling();
    if (data !== panel()?.dataset.version) refresh();
  };
  stream.onerror = () => {
    startPolling();
    // The browser tries again by itself, unless the answer was a refusal.
    if (stream?.readyState === EventSource.CLOSED) {
      stream = null;
      clearTimeout(retry);
      retry = setTimeout(listen, RETRY_MS);
    }
  };
};

const stopListening = () => {
  stopPolling();
  clearTimeout(retry);
  stream?.close();
  stream = null;
};

/** A browser has few connections for one server: a page in the background gives its own back. */
const rest = () => {
  stopListening();
  startPolling(HIDDEN_POLL_MS);
};

const wake = () => {
  stopPolling();
  refresh();
  listen();
};

document.addEventListener("visibilitychange", () => {
  clearTimeout(hidden);
  if (!panel()?.dataset.live) return;
  if (document.hidden) hidden = setTimeout(rest, HIDDEN_MS);
  else wake();
});
addEventListener("pageshow", (event) => { if (event.persisted && panel()?.dataset.live) wake(); });
addEventListener("pagehide", stopListening);

// ------------------------------------------------------------------------------ time

let ticking = null;

const shown = (seconds) => {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
};

const startCountdown = (seconds) => {
  clearInterval(ticking);
  const end = performance.now() + seconds * 1000;
  let before = seconds + 1;
  const tick = () => {
    const place = document.getElementById("left");
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    if (!place) { clearInterval(ticking); return; }
    place.textContent = shown(left);
    place.classList.toggle("short", left <= 60);
    if (before > 60 && left <= 60) say(panel()?.dataset.saidMinute);
    before = left;
    if (left === 0) { clearInterval(ticking); setTimeout(refresh, 1000); }
  };
  tick();
  ticking = setInterval(tick, 1000);
};

const localTimes = (part) => {
  const { lang } = document.documentElement;
  const locale = navigator.languages.find((each) => each.split("-")[0] === lang) ?? lang;
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", numberingSystem: "latn" });
  for (const each of part.querySelectorAll("time[data-time]")) {
    each.textContent = format.format(new Date(Number(each.dataset.time) * 1000));
  }
};

// ------------------------------------------------------------------------------ copying

const copied = async (text, source) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS there is no clipboard to write to: what the reader has selected is copied.
    getSelection().selectAllChildren(source);
    const done = document.execCommand("copy");
    getSelection().removeAllRanges();
    return done;
  }
  return true;
};

const copy = async (button) => {
  const words = button.textContent;
  if (!await copied(button.dataset.copy, document.getElementById(button.dataset.from))) return;
  const done = panel().dataset.saidCopied;
  button.textContent = done;
  button.classList.add("done");
  say(done);
  setTimeout(() => { button.textContent = words; button.classList.remove("done"); }, COPIED_MS);
};

// ------------------------------------------------------------------------------ forms

/** Send a form without leaving; the stream brings what it led to. */
const send = async (form, submitter) => {
  if (form.dataset.busy !== undefined) return;
  form.dataset.busy = "";
  try {
    const fields = new URLSearchParams(new FormData(form, submitter));
    await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
  } finally {
    await refresh();
    delete form.dataset.busy;
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.copy !== undefined && !button.classList.contains("done")) copy(button);
  if (button?.dataset.print !== undefined) print();
});
document.addEventListener("submit", (event) => {
  if (event.target.dataset.quiet === undefined) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

// ------------------------------------------------------------------------------ beginning

/** What a fresh part of the page needs from us. */
const prepare = (part) => {
  for (const button of part.querySelectorAll("[data-copy], [data-print]")) button.hidden = false;
  const left = part.querySelector("#left")?.dataset.left;
  if (left === undefined) clearInterval(ticking);
  else startCountdown(Number(left));
  localTimes(part);
  listen();
};

prepare(document);
tellParent("ready");
tellState();
