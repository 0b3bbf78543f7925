// All tests of the local chain, in one process with one chain: it takes seconds to begin.
import { after } from "node:test";
import { devnet } from "./kit/client.mjs";

import "./suites/node.mjs";
import "./suites/rejections.mjs";
import "./suites/mempool.mjs";
import "./suites/sponsored.mjs";
import "./suites/conditions.mjs";
import "./suites/payments.mjs";
import "./suites/pegs.mjs";
import "./suites/reorgs.mjs";
import "./suites/api.mjs";
import "./suites/observers.mjs";
import "./suites/time.mjs";
import "./suites/faults.mjs";
import "./suites/histories.mjs";
import "./suites/command.mjs";

after(() => devnet.close());
