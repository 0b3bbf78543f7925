// What an indexer takes from a transaction's events.
import { cvToValue } from "@stacks/transactions";
import { SBTC } from "./chain.mjs";

/** The sBTC that moved: [{ from, to, sats }], by exact asset. */
export function moved(events) {
  return events
    .filter(({ event }) => event === "ft_transfer_event")
    .filter(({ data }) => data.asset_identifier === `${SBTC}::sbtc-token`)
    .map(({ data }) => ({ from: data.sender, to: data.recipient, sats: Number(data.amount) }));
}

/** What one contract printed, as plain values. */
export function printed(events, contract) {
  return events
    .filter(({ event, data }) => event === "print_event" && data.contract_identifier === contract)
    .map(({ data }) => plain(data.value));
}

/** A Clarity value as a plain one: tuples as objects, numbers as BigInt, buffers as bare hex. */
export function plain(value) {
  if (value.type === "tuple") {
    return Object.fromEntries(
      Object.entries(value.value).map(([name, inner]) => [name, plain(inner)]),
    );
  }
  if (value.type === "some") return plain(value.value);
  if (value.type === "none") return null;
  if (value.type === "uint") return BigInt(value.value);
  if (value.type === "buffer") return value.value;
  return cvToValue(value);
}
