// stacktill.js: the checkout in a shop's own page. One module, no dependencies, no build step.
//
//   <script type="module" src="https://pay.example/v1/stacktill.js"></script>
//   <stacktill-checkout payment="cs_test_…"></stacktill-checkout>
//
//   import { Stacktill } from "https://pay.example/v1/stacktill.js";
//   Stacktill("pk_test_…").openCheckout({ payment: clientSecret });
//
// It makes a frame with the box's own page and listens to it: from that window only, and from the
// box's origin only. What it tells is for showing; goods leave after the signed webhook.
// It lives under strict policies: no inline style, no inline script, no markup from text.

export const version = "0.1.0";

const PROTOCOL = 1;
const EVENTS = ["ready", "processing", "complete", "expired", "close", "error"];
const PAYMENT = /^(?:pi|plink|cs_(?:test|live))_[A-Za-z0-9]{8,80}$/;
const SILENCE_MS = 2500; // A loaded frame that says nothing for so long was blocked.
const LOADING_MS = 20000;
const POPUP_POLL_MS = 500;
const LEAST_HEIGHT = 160;
const MOST_HEIGHT = 6000;
const OWN_URL = import.meta.url;

const TEXTS = {
  en: ["Checkout", "Loading the checkout…", "Close", "This site cannot show the checkout within its page.", "Open the payment page", "Go on in the payment window.", "Show the payment window", "The checkout did not load. Check your connection.", "Try again"],
  de: ["Kasse", "Die Kasse wird geladen …", "Schließen", "Diese Website kann die Kasse nicht in ihrer Seite zeigen.", "Zahlungsseite öffnen", "Weiter geht es im Zahlungsfenster.", "Zahlungsfenster zeigen", "Die Kasse wurde nicht geladen. Prüfen Sie Ihre Verbindung.", "Noch einmal versuchen"],
  es: ["Pago", "Cargando el pago…", "Cerrar", "Este sitio no puede mostrar el pago en su página.", "Abrir la página de pago", "Continúe en la ventana de pago.", "Mostrar la ventana de pago", "El pago no se ha cargado. Compruebe su conexión.", "Intentar de nuevo"],
  fr: ["Paiement", "Chargement du paiement…", "Fermer", "Ce site ne peut pas afficher le paiement dans sa page.", "Ouvrir la page de paiement", "Continuez dans la fenêtre de paiement.", "Afficher la fenêtre de paiement", "Le paiement ne s’est pas chargé. Vérifiez votre connexion.", "Réessayer"],
  pt: ["Pagamento", "A carregar o pagamento…", "Fechar", "Este site não pode mostrar o pagamento na sua página.", "Abrir a página de pagamento", "Continue na janela de pagamento.", "Mostrar a janela de pagamento", "O pagamento não foi carregado. Verifique a sua ligação.", "Tentar de novo"],
  ja: ["お支払い", "お支払い画面を読み込んでいます…", "閉じる", "このサイトではページ内にお支払い画面を表示できません。", "お支払いページを開く", "お支払いウィンドウで続けてください。", "お支払いウィンドウを表示", "お支払い画面を読み込めませんでした。接続を確認してください。", "もう一度試す"],
  ar: ["الدفع", "جارٍ تحميل صفحة الدفع…", "إغلاق", "لا يستطيع هذا الموقع عرض الدفع داخل صفحته.", "فتح صفحة الدفع", "تابع في نافذة الدفع.", "إظهار نافذة الدفع", "لم يتم تحميل صفحة الدفع. تحقق من اتصالك.", "حاول مرة أخرى"],
};
const WORDS = ["title", "loading", "close", "blocked", "open", "elsewhere", "show", "failed", "again"];

const STYLE = `
:host { display: block; color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
:host([hidden]) { display: none; }
:host([mode="modal"]) { display: contents; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.sheet { position: relative; inline-size: 100%; min-block-size: 10rem; }
iframe { display: block; inline-size: 100%; border: 0; background: transparent; }
iframe.early { position: absolute; inset: 0; block-size: 100%; opacity: 0; }
.notice { display: grid; place-content: center; justify-items: center; gap: 1rem; min-block-size: 14rem;
  padding: 2rem 1.5rem; text-align: center; color: light-dark(#1b1d22, #ecedf0); }
.notice p { margin: 0; max-inline-size: 26rem; text-wrap: balance; overflow-wrap: anywhere; }
.spinner { inline-size: 2rem; block-size: 2rem; border-radius: 50%;
  border: 3px solid light-dark(#d9d9d2, #3c404a); border-block-start-color: light-dark(#b8480a, #ff9152); }
button { min-block-size: 2.75rem; padding: 0.5rem 1.25rem; border: 0; border-radius: 0.6rem; font: inherit;
  font-weight: 600; cursor: pointer; background: light-dark(#b8480a, #ff9152); color: light-dark(#fff, #201005); }
:focus-visible { outline: 3px solid light-dark(#b8480a, #ff9152); outline-offset: 2px; }
dialog { inline-size: min(30rem, calc(100vw - 2rem)); max-block-size: calc(100dvh - 2rem); padding: 0; border: 0;
  border-radius: 1rem; overflow: hidden; overscroll-behavior: contain; color: inherit;
  background: light-dark(#fff, #1c1e24); box-shadow: 0 1.5rem 4rem rgb(0 0 0 / 35%); }
dialog[open] { display: flex; flex-direction: column; }
dialog::backdrop { background: rgb(12 14 18 / 60%); }
.bar { display: flex; flex: none; align-items: center; justify-content: space-between; padding: 0.15rem 0.25rem 0.15rem 0; }
.bar p { margin: 0; padding-inline: 1.25rem; font-weight: 600; color: light-dark(#1b1d22, #ecedf0); }
.bar button { display: grid; place-items: center; inline-size: 2.75rem; padding: 0; border-radius: 50%;
  background: transparent; color: light-dark(#5b6170, #a3a9b8); }
.bar button:hover { background: light-dark(#f0f0ec, #2a2d35); }
.bar svg { inline-size: 1.25rem; block-size: 1.25rem; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
dialog .sheet { flex: 1 1 auto; min-block-size: 14rem; }
dialog iframe { max-block-size: calc(100dvh - 5.1rem); }
@media (max-width: 30rem) {
  dialog { inline-size: 100vw; max-inline-size: none; block-size: 100dvh; max-block-size: none; border-radius: 0; }
  dialog iframe { block-size: 100% !important; max-block-size: none; }
}
@media (prefers-reduced-motion: no-preference) {
  .spinner { animation: turn 0.9s linear infinite; }
  dialog[open] { animation: rise 0.22s ease-out; }
  dialog[open]::backdrop { animation: fade 0.22s ease-out; }
}
@keyframes turn { to { transform: rotate(1turn); } }
@keyframes rise { from { opacity: 0; transform: translateY(1rem); } }
@keyframes fade { from { opacity: 0; } }
@media (forced-colors: active) { dialog, button { border: 1px solid; } }
`;

/** A fault that says what to do; `code` is for programs. */
export class StacktillError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "StacktillError";
    this.code = code;
  }
}

/** The address of a box as a URL that ends with a slash. */
function boxAt(url) {
  let box;
  try {
    box = url ? new URL(url, globalThis.location?.href) : new URL("../", OWN_URL);
  } catch {
    throw new StacktillError("url_invalid", `url: '${url}' is no address; write https://pay.example`);
  }
  if (box.protocol !== "https:" && box.protocol !== "http:") {
    throw new StacktillError("url_invalid", "Give the address of your box: { url: 'https://pay.example' }");
  }
  box.search = box.hash = "";
  if (!box.pathname.endsWith("/")) box.pathname += "/";
  return box;
}

/** The id of a payment, out of an id or a client secret: the secret stays here. */
function idOf(payment) {
  const id = typeof payment === "string" ? payment.trim().split("_secret_")[0] : "";
  if (!PAYMENT.test(id)) {
    throw new StacktillError("payment_invalid", "payment: expected the id or the client secret of a checkout session, payment intent or payment link");
  }
  return id;
}

/** Whether a key may be in a page, and whether it is for this payment. */
function checkKey(key) {
  if (/^[sr]k_/.test(key)) {
    throw new StacktillError("key_secret", "This key must never be in a page. Revoke it, and use the publishable one (pk_…).");
  }
  if (!/^pk_(test|live)_/.test(key)) {
    throw new StacktillError("key_invalid", "Expected a publishable key: pk_test_… or pk_live_…");
  }
}

function checkMode(key, id) {
  const mode = /^cs_(test|live)_/.exec(id)?.[1];
  if (key && mode && !key.startsWith(`pk_${mode}_`)) {
    throw new StacktillError("mode_mismatch", `This payment is in ${mode} mode, and the key is not.`);
  }
}

/** The texts of the language that was asked for, else of the page, else English. */
function wordsFor(locale) {
  const asked = locale || globalThis.document?.documentElement.lang || globalThis.navigator?.language || "en";
  const language = asked.toLowerCase().split(/[-_]/)[0];
  const texts = TEXTS[language] ?? TEXTS.en;
  const words = Object.fromEntries(WORDS.map((name, place) => [name, texts[place]]));
  return { ...words, language: TEXTS[language] ? language : "en" };
}

/** Keeps the page behind a dialog from scrolling; several may ask, the last one lets go. */
const scrollLock = {
  holders: 0,
  before: ["", ""],
  take() {
    if (this.holders++) return;
    const root = document.documentElement;
    const bar = window.innerWidth - root.clientWidth;
    this.before = [root.style.overflow, root.style.paddingInlineEnd];
    root.style.overflow = "hidden";
    if (bar > 0) root.style.paddingInlineEnd = `${bar}px`;
  },
  release() {
    if (--this.holders) return;
    const root = document.documentElement;
    [root.style.overflow, root.style.paddingInlineEnd] = this.before;
  },
};

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function cross() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M6 6 18 18M18 6 6 18");
  svg.append(path);
  return svg;
}

let sheet; // One for all elements. A style sheet made this way needs no style-src.
function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}

// So that a server may import the module as well.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/** `<stacktill-checkout>`: the page of one payment, in place or over the page. */
export class StacktillCheckoutElement extends Base {
  static observedAttributes = ["payment", "mode", "url", "locale"];

  /** The key whose mode the payment must be of; `openCheckout` sets it. */
  publishableKey = "";

  #parts = null;
  #words = null;
  #box = null;
  #id = "";
  #frame = null;
  #popup = null;
  #said = new Set();
  #status = "open";
  #timers = new Set();
  #run = 0;
  #isOpen = false;
  #pending = null;
  #settle;
  #outcome = new Promise((resolve) => (this.#settle = resolve));

  get payment() { return this.getAttribute("payment") ?? ""; }
  set payment(value) { this.setAttribute("payment", value); }
  get mode() { return this.getAttribute("mode") === "modal" ? "modal" : "inline"; }
  set mode(value) { this.setAttribute("mode", value); }
  get url() { return this.getAttribute("url") ?? ""; }
  set url(value) { this.setAttribute("url", value); }
  get locale() { return this.getAttribute("locale") ?? ""; }
  set locale(value) { this.setAttribute("locale", value); }
  get open() { return this.#isOpen; }
  get status() { return this.#status; }
  /** Settles at the first of complete, expired and close; never fails. */
  get outcome() { return this.#outcome; }

  connectedCallback() {
    if (this.mode === "inline" && (this.payment || this.#pending)) this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "payment") this.#pending = null;
    if (!this.isConnected) return;
    if (this.mode === "inline" && this.payment) this.#start();
    else if (this.#isOpen && this.mode === "inline") this.#stop();
  }

  /** Show it: over the page in modal mode. `payment` may be a promise, or a function that makes one. */
  show(payment) {
    if (payment !== undefined) this.#pending = payment;
    if (!this.isConnected) document.body.append(this);
    if (!this.#isOpen || payment !== undefined) this.#start();
  }

  /** Take it away. The payment itself goes on: it can be opened again. */
  close() {
    if (!this.#isOpen) return;
    this.#stop();
    this.#emit("close", {});
    this.#finish(this.#status);
  }

  #start() {
    this.#stop();
    this.#run += 1;
    this.#isOpen = true;
    this.#said.clear();
    this.#status = "open";
    this.#words = wordsFor(this.locale);
    this.#draw();
    window.addEventListener("message", this.#hear);
    document.addEventListener("securitypolicyviolation", this.#refused);
    this.#load(this.#run);
  }

  #stop() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#run += 1;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    window.removeEventListener("message", this.#hear);
    document.removeEventListener("securitypolicyviolation", this.#refused);
    if (this.#parts.dialog) {
      if (this.#parts.dialog.open) this.#parts.dialog.close(); // Gives the focus back as well.
      scrollLock.release();
    }
    this.shadowRoot.replaceChildren();
    this.#frame = this.#parts = this.#popup = null;
  }

  async #load(run) {
    try {
      this.#box = boxAt(this.url);
      const asked = this.#pending ?? this.payment;
      const id = idOf(await (typeof asked === "function" ? asked() : asked));
      if (run !== this.#run) return;
      checkMode(this.publishableKey, id);
      this.#id = id;
      this.#openFrame();
    } catch (error) {
      if (run !== this.#run) return;
      this.#fail(error instanceof StacktillError ? error.code : "payment_unavailable", String(error?.message ?? error));
    }
  }

  #draw() {
    const words = this.#words;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styleSheet()];
    const notice = make("div", { className: "notice" });
    notice.setAttribute("role", "status");
    const body = make("div", { className: "sheet" }, notice);
    this.#parts = { body, notice, dialog: null, closer: null };
    this.setAttribute("dir", words.language === "ar" ? "rtl" : "ltr");
    if (this.mode === "inline") root.replaceChildren(body);
    else this.#drawDialog(root, body);
    body.lang = words.language;
    this.#note([make("div", { className: "spinner", ariaHidden: "true" }), make("p", { textContent: words.loading })]);
  }

  #drawDialog(root, body) {
    const closer = make("button", { type: "button" }, cross());
    closer.setAttribute("aria-label", this.#words.close);
    closer.lang = this.#words.language;
    closer.addEventListener("click", () => this.close());
    const title = make("p", { textContent: this.#words.title });
    const dialog = make("dialog", {}, make("div", { className: "bar" }, title, closer), body);
    dialog.setAttribute("aria-modal", "true");
    dialog.setAttribute("aria-label", this.#words.title);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    dialog.addEventListener("close", () => {
      if (this.#parts?.dialog === dialog) this.close(); // Closed by the browser itself.
    });
    Object.assign(this.#parts, { dialog, closer });
    root.replaceChildren(dialog);
    scrollLock.take();
    dialog.showModal(); // All else is inert from here on: the focus cannot leave.
    closer.focus();
  }

  #note(children) {
    const { notice } = this.#parts;
    notice.hidden = false;
    notice.replaceChildren(...children);
  }

  #openFrame() {
    const frame = make("iframe", { className: "early", title: this.#words.title });
    frame.allow = "clipboard-write";
    frame.referrerPolicy = "strict-origin";
    frame.addEventListener("load", () => this.#after(SILENCE_MS, () => this.#isSilent("frame_blocked")));
    this.#frame = frame;
    this.#said.delete("ready");
    this.#after(LOADING_MS, () => this.#isSilent("timeout"));
    frame.src = this.#address("1");
    this.#parts.body.append(frame);
  }

  #address(embed) {
    const address = new URL(`pay/${encodeURIComponent(this.#id)}`, this.#box);
    address.searchParams.set("embed", embed);
    address.searchParams.set("origin", window.location.origin);
    if (this.locale) address.searchParams.set("lang", this.locale);
    return address.href;
  }

  #after(milliseconds, work) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #isSilent(code) {
    if (this.#frame && !this.#said.has("ready")) this.#block(code);
  }

  /** The shop's own policy keeps the frame out: that is known at once. */
  #refused = (event) => {
    const directive = event.effectiveDirective;
    const isOurs = event.blockedURI === this.#box?.origin || event.blockedURI?.startsWith(`${this.#box?.origin}/`);
    if (event.disposition !== "report" && isOurs && (directive === "frame-src" || directive === "child-src")) {
      this.#isSilent("frame_blocked");
    }
  };

  /** No frame: offer the same page in a window of its own, and let the payer open it. */
  #block(code) {
    this.#frame.remove();
    this.#frame = null;
    this.#offerPopup(code);
    this.#emit("error", {
      code,
      message:
        code === "timeout"
          ? "The checkout did not load in time; it is offered in a window of its own."
          : `The checkout is not shown in a frame. Check the payment's id, list ${window.location.origin} in the store's settings.checkout.allowed_origins, and ${this.#box.origin} in this page's frame-src. It is offered in a window of its own.`,
    });
  }

  #offerPopup(code) {
    const words = this.#words;
    const text = make("p", { textContent: code === "timeout" ? words.failed : words.blocked });
    const opener = make("button", { type: "button", textContent: words.open });
    opener.addEventListener("click", () => this.#openPopup());
    this.#note([text, opener, ...(code === "timeout" ? [this.#retry()] : [])]);
  }

  #retry() {
    const button = make("button", { type: "button", textContent: this.#words.again });
    button.addEventListener("click", () => this.#start());
    return button;
  }

  #openPopup() {
    const place = "popup,width=480,height=780";
    this.#said.delete("ready");
    this.#popup = window.open(this.#address("popup"), `stacktill-${this.#id}`, place);
    if (!this.#popup) {
      // Even this is blocked: the whole page goes there, and comes back by the shop's return address.
      window.location.assign(new URL(`pay/${encodeURIComponent(this.#id)}`, this.#box).href);
      return;
    }
    const words = this.#words;
    const again = make("button", { type: "button", textContent: words.show });
    again.addEventListener("click", () => (this.#popup?.closed === false ? this.#popup.focus() : this.#openPopup()));
    this.#note([make("p", { textContent: words.elsewhere }), again]);
    this.#watchPopup(this.#popup);
  }

  #watchPopup(popup) {
    this.#after(POPUP_POLL_MS, () => {
      if (this.#popup !== popup) return;
      // A window that never spoke may look closed only because it was cut off from here.
      if (popup.closed && this.#said.has("ready")) this.#leave();
      else this.#watchPopup(popup);
    });
  }

  /** A message counts from our window and from the box's origin; all others are not for us. */
  #hear = (event) => {
    const page = this.#popup ?? this.#frame?.contentWindow;
    if (!page || event.source !== page || event.origin !== this.#box.origin) return;
    const said = event.data;
    if (typeof said !== "object" || said === null || said.stacktill !== PROTOCOL) return;
    switch (said.type) {
      case "ready": return this.#isReady(page);
      case "size": return this.#resize(said.height);
      case "processing": return this.#become("processing");
      case "complete": return this.#become("complete");
      case "expired": return this.#become("expired");
      case "close": return this.#leave();
      case "error": return this.#emit("error", { code: text(said.code, 60) || "page_failed", message: text(said.message, 500) });
    }
  };

  #isReady(page) {
    const isFirst = !this.#said.has("ready");
    this.#said.add("ready");
    page.postMessage({ stacktill: PROTOCOL, type: "hello", mode: this.#popup ? "popup" : this.mode }, this.#box.origin);
    if (!isFirst) return;
    if (this.#frame) {
      this.#frame.classList.remove("early");
      this.#parts.notice.hidden = true;
      const { closer } = this.#parts;
      if (closer && this.shadowRoot.activeElement === closer) this.#frame.focus();
    }
    this.#emit("ready", {});
  }

  #resize(height) {
    if (!this.#frame || !Number.isFinite(height)) return;
    const pixels = Math.ceil(Math.min(Math.max(height, LEAST_HEIGHT), MOST_HEIGHT));
    this.#frame.style.blockSize = `${pixels}px`;
  }

  #become(status) {
    if (this.#status === status || this.#status === "complete") return;
    this.#status = status;
    this.#emit(status, {});
    if (status !== "processing") this.#finish(status);
  }

  #leave() {
    if (this.#popup) {
      this.#popup.close();
      this.#popup = null;
      this.#offerPopup("frame_blocked"); // It can be opened again; a dialog goes away below.
    }
    if (this.mode === "modal") return this.close();
    this.#emit("close", {});
    this.#finish(this.#status);
  }

  #fail(code, message) {
    const { failed } = this.#words;
    this.#note([make("p", { textContent: code === "payment_unavailable" ? failed : message }), this.#retry()]);
    this.#emit("error", { code, message });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail: { payment: this.#id, status: this.#status, ...detail } }));
  }

  #finish(status) {
    this.#settle({ payment: this.#id, status });
  }
}

function text(value, most) {
  return typeof value === "string" ? value.slice(0, most) : "";
}

const NAME = "stacktill-checkout";
if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, StacktillCheckoutElement);

/** The box as one shop sees it. `options.url` is needed only when the module is not loaded from it. */
export function Stacktill(publishableKey, options = {}) {
  checkKey(publishableKey);
  const box = boxAt(options.url);
  return Object.freeze({
    url: box.href,
    openCheckout(wishes) {
      const { payment, mode = "modal", container, locale = options.locale } = wishes ?? {};
      if (typeof payment === "string") checkMode(publishableKey, idOf(payment));
      else if (!payment) idOf(payment);
      const place = typeof container === "string" ? document.querySelector(container) : container;
      if (mode === "inline" && !place) {
        throw new StacktillError("container_missing", "container: an inline checkout needs an element of your page, or its selector");
      }
      const Element = /** @type {typeof StacktillCheckoutElement} */ (customElements.get(NAME));
      const element = new Element();
      element.publishableKey = publishableKey;
      element.mode = mode;
      element.url = box.href;
      if (locale) element.locale = locale;
      for (const type of EVENTS) {
        const handler = wishes[`on${type[0].toUpperCase()}${type.slice(1)}`];
        if (handler) element.addEventListener(type, handler);
      }
      if (mode === "modal") element.addEventListener("close", () => element.remove(), { once: true });
      (place ?? document.body).append(element);
      element.show(payment);
      return element;
    },
  });
}

export default Stacktill;
