// The local chain, put together: a machine, a chain on it, and the HTTP server before it.
import { randomUUID } from "node:crypto";
import { makeAccounts } from "./accounts.mjs";
import { apiRoutes } from "./api-routes.mjs";
import { Chain } from "./chain.mjs";
import { Clock } from "./clock.mjs";
import { controlRoutes } from "./control-routes.mjs";
import { Faucet } from "./faucet.mjs";
import { Faults } from "./faults.mjs";
import { begin } from "./genesis.mjs";
import { startMachine } from "./machine.mjs";
import { CHAIN_ID, SBTC, SBTC_ASSET } from "./network.mjs";
import { nodeRoutes } from "./node-routes.mjs";
import { Observers } from "./observer.mjs";
import { makeServer } from "./router.mjs";
import { Ticker } from "./ticker.mjs";

const KEEP_ALIVE_MS = 120_000; // Longer than clients keep idle connections, so that none meets a closed one.
const USUAL = { port: 0, host: "127.0.0.1", seconds: 0, burnEvery: 10, keep: 1000, observers: [] };

/** Start a chain that listens; answers { url, port, accounts, contracts, … } and `close`. */
export async function startDevnet(options = {}) {
  const { port, host, seconds, burnEvery, keep, observers: urls } = { ...USUAL, ...options };
  const accounts = makeAccounts();
  const machine = await startMachine();
  const contracts = begin(machine, accounts);
  const clock = new Clock();
  const chain = new Chain(machine, clock, { keep });
  const faults = new Faults();
  const observers = new Observers();
  const ticker = new Ticker(chain);
  const faucet = new Faucet(chain, accounts);
  observers.listenTo(chain);
  for (const url of urls) observers.add(url);

  let server;
  const id = randomUUID(); // By which whoever has books of this chain knows it from one that was started later.
  const description = () => {
    const { port: bound } = server.address();
    const url = `http://${host}:${bound}`;
    return {
      id,
      url,
      port: bound,
      chain_id: CHAIN_ID,
      sbtc: SBTC,
      sbtc_asset: SBTC_ASSET,
      contracts,
      accounts,
    };
  };
  const routes = [
    ...nodeRoutes(chain),
    ...apiRoutes(chain),
    ...controlRoutes({ chain, clock, faucet, faults, observers, ticker, description }),
  ];
  server = makeServer(routes, (...given) => faults.around(...given));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  ticker.set({ seconds, burn_every: burnEvery });
  const close = () => {
    ticker.set({ seconds: 0 });
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { ...description(), close };
}
