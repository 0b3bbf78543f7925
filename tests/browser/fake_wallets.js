// Wallet extensions as pages meet them: each injects its object, announces itself and answers in its own way.
// What they answer is decided, and signed, in Python: `window.toldWallet` leads there.
(() => {
  const present = /*PRESENT*/[];
  const ICON = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxIDEiPjxyZWN0IHdpZHRoPSIxIiBoZWlnaHQ9IjEiIGZpbGw9IiM2NjQ0ZmYiLz48L3N2Zz4=";

  const asked = async (kind, method, params) => {
    const answer = await window.toldWallet(kind, method, params ?? null);
    if (answer.never) return new Promise(() => {});
    if (answer.later) await new Promise((done) => { setTimeout(done, answer.later); });
    return answer;
  };
  const announce = (list, entry) => {
    if (!Array.isArray(window[list])) window[list] = [];
    window[list].push({ icon: ICON, ...entry });
  };
  const response = ({ result, error }) => ({ jsonrpc: "2.0", id: "1", ...(error ? { error } : { result }) });

  // Rejects with the whole response.
  const leather = (kind) => ({
    isLeather: true,
    request: async (method, params) => {
      const answer = await asked(kind, method, params);
      if ("raw" in answer) return answer.raw;
      if (answer.error) throw response(answer);
      return response(answer);
    },
  });
  // Answers with the error, and never rejects.
  const xverse = (kind) => ({
    request: async (method, params) => {
      const answer = await asked(kind, method, params);
      return "raw" in answer ? answer.raw : response(answer);
    },
  });
  // Says status, not error.
  const fordefi = (kind) => ({
    request: async (method, params) => {
      const answer = await asked(kind, method, params);
      if ("raw" in answer) return answer.raw;
      return answer.error ? { status: "error", error: answer.error } : { status: "success", result: answer.result };
    },
  });
  // Answers bare, and rejects with an Error.
  const bare = (kind) => ({
    request: async (method, params) => {
      const answer = await asked(kind, method, params);
      if ("raw" in answer) return answer.raw;
      if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
  });

  const inject = {
    leather: () => {
      window.LeatherProvider = leather("leather");
      announce("webbtc_stx_providers", { id: "LeatherProvider", name: "Leather" });
      announce("wbip_providers", { id: "LeatherProvider", name: "Leather" });
    },
    xverse: () => {
      window.XverseProviders = { BitcoinProvider: xverse("xverse"), StacksProvider: xverse("xverse") };
      announce("btc_providers", { id: "XverseProviders.BitcoinProvider", name: "Xverse Wallet" });
      announce("webbtc_stx_providers", { id: "XverseProviders.StacksProvider", name: "Xverse Wallet" });
    },
    fordefi: () => {
      window.FordefiProviders = { UtxoProvider: fordefi("fordefi") };
      announce("btc_providers", { id: "FordefiProviders.UtxoProvider", name: "Fordefi", methods: ["stx_callContract"] });
    },
    asigna: () => { window.AsignaProvider = bare("asigna"); },
    acme: () => {
      window.acme = { stacks: bare("acme") };
      const name = "Acme <b>Wallet</b> with a name that goes on and on and on";
      announce("wbip_providers", { id: "acme.stacks", name, methods: ["getAddresses", "stx_callContract"] });
    },
    // Extensions that stay out of frames.
    top: () => { if (window.top === window) inject.leather(); },
    later: () => { setTimeout(inject.acme, 5000); },
    trap: () => {
      Object.defineProperty(window, "AsignaProvider", { get() { throw new Error("look away"); } });
      Object.defineProperty(window, "acme", { value: new Proxy({}, { get() { throw new Error("no"); } }) });
      announce("wbip_providers", { id: "acme.stacks", name: "Trap", methods: ["stx_callContract"] });
      window.wbip_providers.push({ get id() { throw new Error("no name"); } });
    },
    late: () => { setTimeout(inject.leather, 600); },
    // What else is about: Bitcoin's wallets, things that are none, and the contested object.
    noise: () => {
      window.unisat = { request: () => { throw new Error("asked without need"); } };
      window.StacksProvider = window.unisat;
      const junk = [null, 7, {}, { id: "nothing.there", name: "Nothing" }, { id: "unisat", name: "Bitcoin only" }];
      window.wbip_providers = [...junk, ...(window.wbip_providers ?? [])];
      window.webbtc_stx_providers ??= "not a list";
      announce("btc_providers", { id: "unisat", name: "Bitcoin only", methods: ["sendTransfer"] });
    },
  };
  for (const kind of present) inject[kind]();
})();
