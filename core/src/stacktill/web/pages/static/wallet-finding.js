// The wallets in this browser: the well-known objects, and those that announce themselves.

const NAME_LENGTH = 32;
// Ways to ask for an address, by what wallets understand; the next one is tried when one is not understood.
const BY_SIP30 = ["getAddresses", "stx_getAddresses", "stx_getAccounts"];
const BY_XVERSE = ["wallet_connect", "stx_getAccounts", "getAddresses"];
// Ways to get something signed whose fee another pays: a call that says so, or a draft of the server's.
const CALL = ["call"];
const DRAFT = ["draft"];
const KNOWN = {
  LeatherProvider: { name: "Leather", ways: BY_SIP30, sponsors: CALL },
  "XverseProviders.BitcoinProvider": { name: "Xverse", ways: BY_XVERSE, sponsors: DRAFT, isBare: true },
  "XverseProviders.StacksProvider": { name: "Xverse", ways: BY_XVERSE, sponsors: DRAFT, isBare: true },
  "FordefiProviders.UtxoProvider": { name: "Fordefi", ways: BY_XVERSE, sponsors: DRAFT, isBare: true },
  AsignaProvider: { name: "Asigna", ways: BY_SIP30, sponsors: [...CALL, ...DRAFT] },
};
const UNKNOWN = { ways: [...BY_SIP30, "wallet_connect"], sponsors: [...CALL, ...DRAFT] };
// Where wallets announce themselves. The last list is Bitcoin wallets' too: only those of Stacks count there.
const LISTS = ["webbtc_stx_providers", "wbip_providers", "btc_providers"];

const at = (path) => {
  try {
    let found = window;
    for (const name of path.split(".")) found = Object(found)[name];
    return typeof found?.request === "function" ? found : null;
  } catch {
    return null; // Something in the way that does not even let itself be looked at.
  }
};

const announced = () => LISTS.flatMap((list) => {
  const told = Array.isArray(window[list]) ? window[list] : [];
  return told.flatMap((each) => {
    try {
      const { id, name, icon, methods } = each;
      return typeof id === "string" ? [{ id, name, icon, methods, list }] : [];
    } catch {
      return [];
    }
  });
});

const speaksStacks = ({ list, methods }) => (Array.isArray(methods)
  ? methods.includes("stx_callContract") : list === "webbtc_stx_providers");

/** The wallets that are here now, each once, the well-known ones by the names that we know. */
export const present = () => {
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
    add(each.id, { name, ...UNKNOWN }, each.icon);
  }
  return [...found.values()];
};
