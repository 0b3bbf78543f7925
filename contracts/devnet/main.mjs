// The command: node contracts/devnet/main.mjs --port 20443 --interval 5
import { parseArgs } from "node:util";
import { startDevnet } from "./devnet.mjs";

const HELP = `A local chain that runs real Clarity with the real sBTC,
behind the HTTP paths of a Stacks node and of the Stacks Blockchain API.

  --port N          listen here (default 20443; 0 takes any that is free)
  --host ADDRESS    of this address (default 127.0.0.1)
  --interval S      mine a block every S seconds (default 0: only when told to, by POST /devnet/mine)
  --burn-every N    every Nth of them on a new Bitcoin block (default 10)
  --keep N          so many blocks can be taken back (default 1000)
  --observer URL    post what happens there, as a node does; may be given several times
  --with-stdin      stop when standard input ends, so as not to outlive a test

Prints one line, READY and what there is to know as JSON, when it can be asked.`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "20443" },
    host: { type: "string", default: "127.0.0.1" },
    interval: { type: "string", default: "0" },
    "burn-every": { type: "string", default: "10" },
    keep: { type: "string", default: "1000" },
    observer: { type: "string", multiple: true, default: [] },
    "with-stdin": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const start = () =>
  startDevnet({
    port: Number(values.port),
    host: values.host,
    seconds: Number(values.interval),
    burnEvery: Number(values["burn-every"]),
    keep: Number(values.keep),
    observers: values.observer,
  });
const { close, ...description } = await start().catch((error) => {
  console.error(`the local chain cannot start: ${error.body?.error ?? error.message}`);
  process.exit(1);
});
console.log(`READY ${JSON.stringify(description)}`);

const stop = () => close().then(() => process.exit(0));
process.on("SIGTERM", stop).on("SIGINT", stop);
if (values["with-stdin"]) process.stdin.on("end", stop).on("error", stop).resume();
