// The payer's page in a shop's page: what happens is told to the one origin that the server has named.
// Nothing is sent to any other, and nothing is taken from any other.

const PROTOCOL = 1;
const parent = document.documentElement.dataset.parent;
const holder = window.parent !== window ? window.parent : window.opener;
const isFrame = window.parent !== window;
let mode = isFrame ? "" : "popup"; // A frame is told by the page that holds it.
let last = null;
let height = 0;

const post = (message) => holder?.postMessage({ stacktill: PROTOCOL, ...message }, parent);

document.addEventListener("stacktill", ({ detail }) => {
  if (detail.type === "ready") return; // Said below for every page, receipts as well.
  last = detail;
  post(detail);
});

const measure = () => {
  const now = Math.ceil(document.body.getBoundingClientRect().height);
  if (now && now !== height) post({ type: "size", height: height = now });
};

addEventListener("message", ({ source, origin, data }) => {
  if (source !== holder || origin !== parent || data?.stacktill !== PROTOCOL || data.type !== "hello") return;
  mode = data.mode;
  if (height) post({ type: "size", height });
  if (last) post(last);
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !["modal", "popup"].includes(mode)) return;
  post({ type: "close", payment: document.getElementById("panel")?.dataset.payment });
});

if (isFrame) {
  new ResizeObserver(measure).observe(document.body);
  // A shop's address opens in place of the shop's page, never within this frame.
  const ours = `${location.origin}${location.pathname.split("/pay/")[0]}/pay/`;
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[href]");
    if (link && !link.href.startsWith(ours)) link.target = "_top";
  }, true);
}

post({ type: "ready" });
