// The demo shop's pages work without this; with it nothing reloads, and the checkout opens in the page.

import { Stacktill } from "/v1/stacktill.js";

const EVENTS = ["ready", "processing", "complete", "expired", "close", "error"];
const QUICK_MS = 1000;
const SLOW_MS = 5000;
const key = document.querySelector('meta[name="publishable-key"]').content;
const till = Stacktill(key);

/** Fetch a page of ours as a document. XMLHttpRequest parses without a text-to-markup sink. */
function fetchPage(address, body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(body ? "POST" : "GET", address);
    request.responseType = "document";
    request.timeout = 15000;
    request.onload = () => (request.status === 200 ? resolve(request.responseXML) : reject(new Error(String(request.status))));
    request.onerror = request.ontimeout = () => reject(new Error("The shop does not answer."));
    if (body) request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.send(body);
  });
}

const shown = new Map(); // Each live part as the server last said it.
for (const part of document.querySelectorAll("[data-live]")) shown.set(part.dataset.live, part.innerHTML);

const byHand = new Map(); // Details that the reader has opened or closed.
document.addEventListener("click", ({ target }) => {
  const details = target.closest("summary")?.parentElement;
  if (details?.id) byHand.set(details.id, !details.open);
});

/** Take over what has changed, and leave the rest, the focus and opened details as they are. */
function takeOver(page) {
  const focused = document.activeElement?.id;
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const here = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
    if (!here || shown.get(fresh.dataset.live) === fresh.innerHTML) continue;
    shown.set(fresh.dataset.live, fresh.innerHTML);
    here.className = fresh.className;
    here.replaceChildren(...document.importNode(fresh, true).childNodes);
    for (const [id, isOpen] of byHand) document.getElementById(id)?.toggleAttribute("open", isOpen);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}

// ------------------------------------------------------------------------------------ the cart

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-cart]")) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  try {
    takeOver(await fetchPage(form.action, fields.toString()));
  } catch {
    form.submit();
  }
});

// ------------------------------------------------------------------------------------ checking out

const checkoutForm = document.getElementById("checkout");

async function placeOrder(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form)),
  });
  const type = answer.headers.get("content-type") ?? "";
  if (!answer.ok || !type.startsWith("application/json")) throw new Error(form.dataset.problem);
  return answer.json();
}

checkoutForm?.addEventListener("submit", (event) => {
  if (new FormData(checkoutForm).get("way") !== "modal") return;
  event.preventDefault();
  let placing; // One order, however often the payer tries again or how soon they close.
  const checkout = till.openCheckout({
    payment: async () => {
      placing ??= placeOrder(checkoutForm).catch((error) => {
        placing = undefined;
        tellProblem(error.message);
        throw error;
      });
      const placed = await placing;
      listen(checkout, placed.order);
      return placed.payment;
    },
    onClose: () => placing?.then((placed) => location.assign(placed.order), () => {}),
  });
});

function tellProblem(message) {
  const place = checkoutForm.querySelector(".problem");
  place.textContent = message;
  place.hidden = false;
}

// ------------------------------------------------------------------------------------ what was heard

function heardOf(order) {
  try {
    return JSON.parse(sessionStorage.getItem(order)) ?? [];
  } catch {
    return [];
  }
}

function listen(checkout, order) {
  if (checkout.dataset.heard) return;
  checkout.dataset.heard = "yes";
  for (const type of EVENTS) {
    checkout.addEventListener(type, () => {
      sessionStorage.setItem(order, JSON.stringify([...heardOf(order), type].slice(-12)));
      showHeard();
      if (orderPlace) look();
    });
  }
}

function showHeard() {
  const place = document.getElementById("heard");
  const heard = heardOf(location.pathname);
  if (!place || !heard.length) return;
  place.replaceChildren(...heard.map((type) => Object.assign(document.createElement("code"), { textContent: type })));
  place.closest(".heard").hidden = false;
}

// ------------------------------------------------------------------------------------ an order

const orderPlace = document.querySelector("[data-order]");
let timer;

async function look() {
  clearTimeout(timer);
  let pause = QUICK_MS;
  try {
    const page = await fetchPage(location.href);
    takeOver(page);
    if (page.querySelector("[data-settled]")) pause = SLOW_MS;
  } catch {
    pause = SLOW_MS; // The box may be restarting: it is asked again.
  }
  timer = setTimeout(look, document.hidden ? SLOW_MS : pause);
}

if (orderPlace) {
  showHeard();
  const inline = orderPlace.querySelector("stacktill-checkout");
  if (inline) listen(inline, location.pathname);
  orderPlace.addEventListener("click", (event) => {
    const link = event.target.closest('#again[data-way="modal"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    listen(till.openCheckout({ payment: link.dataset.payment }), location.pathname);
  });
  timer = setTimeout(look, orderPlace.hasAttribute("data-settled") ? SLOW_MS : QUICK_MS);
}

// ------------------------------------------------------------------------------------ on a phone

// The way to the cart is in the way once the cart is seen.
const cart = document.getElementById("cart");
const toCart = document.querySelector('[data-live="to-cart"]');
if (cart && toCart) {
  new IntersectionObserver(([seen]) => (toCart.hidden = seen.isIntersecting), { threshold: 0.15 }).observe(cart);
}
