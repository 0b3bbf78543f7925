// The simulated network, begun anew for each test, with what the tests ask of it.
import { initSimnet } from "@stacks/clarinet-sdk";
import { Cl, cvToValue } from "@stacks/transactions";
import { collect } from "./reports.mjs";

const FOLDER = new URL("../../", import.meta.url).pathname;
const OPTIONS = { trackCosts: true, trackCoverage: true };

export const SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";

// The network tells every print on the console; the tests look at events instead.
const say = console.log;
async function quietly(work) {
  console.log = () => {};
  try {
    return await work();
  } finally {
    console.log = say;
  }
}

process.chdir(FOLDER);
export const simnet = await quietly(() => initSimnet("Clarinet.toml", true, OPTIONS));

export const owner = simnet.deployer;
export const PAY = `${owner}.stacktill-pay-v1`;
export const INTENTS = `${owner}.stacktill-intents-v1`;

/** Begin anew: own contracts just deployed, no sBTC anywhere. */
export async function fresh() {
  collect(simnet.collectReport(false, ""));
  await quietly(() => simnet.initSession(FOLDER, "Clarinet.toml", null));
}

/** Give an address, or a contract, some sats of the real sBTC. */
export function fund(address, sats) {
  if (!address.includes(".")) {
    simnet.mintFT(`${SBTC}.sbtc-token`, address, BigInt(sats));
    return;
  }
  // Only addresses can be minted to; a contract is sent what the owner gets for it.
  fund(owner, sats);
  const values = [Cl.uint(sats), Cl.principal(owner), Cl.principal(address), Cl.none()];
  call(SBTC, "transfer", values, owner);
}

/** The sats that an address can spend. */
export function balance(address) {
  const { result } = read(SBTC, "get-balance-available", [Cl.principal(address)]);
  return BigInt(cvToValue(result).value);
}

/** Call a public function: { ok } or { error }, with events and costs. A crash of the VM throws. */
export function call(contract, name, args, sender) {
  const saying = console.log;
  console.log = () => {};
  try {
    return outcome(simnet.callPublicFn(contract, name, args, sender));
  } finally {
    console.log = saying;
  }
}

/** Ask a read-only function. */
export function read(contract, name, args, sender = owner) {
  return simnet.callReadOnlyFn(contract, name, args, sender);
}

function outcome({ result, events, costs }) {
  const answer = { events, costs: costs?.total };
  if (result.type === "ok") return { ...answer, ok: result.value };
  return { ...answer, error: Number(result.value.value) };
}

/** Deploy a contract of a test's own, usually a hostile one; answers its full name. */
export function deploy(name, source, sender) {
  simnet.deployContract(name, source, { clarityVersion: 4 }, sender);
  return `${sender}.${name}`;
}

/** The time of the newest block, in seconds since 1970. A call is in the next one, ten seconds later. */
export function now() {
  return Number(simnet.getBlockTime());
}

/** The time at which every fresh network begins. */
export const START = now();

/** Let Bitcoin blocks pass, ten minutes each. */
export function passBurnBlocks(count) {
  simnet.mineEmptyBurnBlocks(count);
}
