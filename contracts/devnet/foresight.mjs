// What a plain transfer of sBTC would move, known without running it. It saves the machine from going back
// for every transfer that is sure to break its post-conditions.
import { Cl, cvToHex, cvToString } from "@stacks/transactions";
import { broken } from "./conditions.mjs";
import { SBTC, SBTC_ASSET } from "./network.mjs";

/** The address of nobody: it owns what the chain needs for itself, and gets the fees. */
export const NOBODY = "ST000000000000000000002AMW42H";
export const DRY_RUN = `${NOBODY}.dry-run`;

const WOULD_WORK = cvToHex(Cl.error(Cl.uint(0)));

/** Why a transfer breaks its post-conditions if it goes through, or null when it may go through. */
export function doom(transaction) {
  const parts = partsOf(transaction);
  return parts === null ? null : broken(transaction, parts.map(eventOf));
}

function partsOf({ type, contract, function: name, values }) {
  if (type !== "contract_call" || contract !== SBTC) return null;
  if (name === "transfer") return [{ amount: values[0], sender: values[1], to: values[2] }];
  return name === "transfer-many" ? values[0].value.map((part) => part.value) : null;
}

function eventOf({ amount, sender, to }) {
  const data = {
    asset_identifier: SBTC_ASSET,
    sender: cvToString(sender),
    recipient: cvToString(to),
    amount: String(amount.value),
  };
  return { event: "ft_transfer_event", data };
}

/** What became of a doomed transfer, from the outcome of its dry run: { status, result, vmError }. */
export function fateOf(transaction, outcome, reason) {
  if (outcome.result !== WOULD_WORK) {
    return { status: "abort_by_response", result: outcome.result, vmError: null };
  }
  const isMany = transaction.function === "transfer-many";
  const answer = isMany ? Cl.uint(transaction.values[0].value.length) : Cl.bool(true);
  return { status: "abort_by_post_condition", result: cvToHex(Cl.ok(answer)), vmError: reason };
}
