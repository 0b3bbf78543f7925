// All tests of the contracts, in one process: the network takes seconds to begin and 50 ms to begin anew.
import { after } from "node:test";

import "./suites/shape.mjs";
import "./suites/pay.mjs";
import "./suites/owner.mjs";
import "./suites/intents.mjs";
import "./suites/fees.mjs";
import "./suites/attacks.mjs";
import "./suites/phishing.mjs";
import "./suites/replays.mjs";
import "./suites/properties.mjs";
import "./suites/histories.mjs";
import "./suites/costs.mjs";
import { assertAllReached } from "./suites/coverage.mjs";

after(assertAllReached);
