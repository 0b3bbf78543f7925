// How the chain begins: everybody has money, and the contracts are deployed and ready.
import { readFileSync } from "node:fs";
import { Cl, serializeCVBytes } from "@stacks/transactions";
import { DRY_RUN } from "./foresight.mjs";
import { SBTC, SBTC_DEPOSIT, SBTC_WITHDRAWAL } from "./network.mjs";

const MICRO_STX = 1_000_000_000n; // A thousand STX.
const SATS = 1_000_000_000n; // Ten bitcoins.
const FAUCET_SHARE = 1_000n;
const CONTRACTS = ["stacktill-pay-v1", "stacktill-intents-v1"];

/** Fund the accounts, deploy the contracts, trust the gateway's key; answers the contracts' names. */
export function begin(machine, accounts) {
  for (const [name, { address }] of Object.entries(accounts)) {
    const share = name === "faucet" ? FAUCET_SHARE : 1n;
    machine.mintStx(address, MICRO_STX * share);
    machine.mintToken(`${SBTC}.sbtc-token`, address, SATS * share);
  }
  const { address } = accounts.deployer;
  const deployments = [
    ...CONTRACTS.map((name) => deployment(`${address}.${name}`, `../contracts/${name}.clar`)),
    deployment(DRY_RUN, "./dry-run.clar"),
    deployment(SBTC_DEPOSIT, "./sbtc-deposit.clar"),
    deployment(SBTC_WITHDRAWAL, "./sbtc-withdrawal.clar"),
  ];
  const trust = {
    callPublicFn: {
      contract: `${address}.stacktill-pay-v1`,
      method: "set-signer",
      args_maps: [Cl.bufferFromHex(accounts.gateway.public_key), Cl.bool(true)].map(
        serializeCVBytes,
      ),
      sender: address,
    },
  };
  machine.runBlock([...deployments, trust], machine.time + 10);
  machine.keep();
  return { pay: `${address}.${CONTRACTS[0]}`, intents: `${address}.${CONTRACTS[1]}` };
}

function deployment(contract, file) {
  const [sender, name] = contract.split(".");
  const content = readFileSync(new URL(file, import.meta.url), "utf8");
  return { deployContract: { name, content, options: { clarityVersion: 4 }, sender } };
}
