// What left and reached whom, counted from a transaction's events.

/** The name under which STX is counted among the assets. */
export const STX = "STX";

/** [{ asset, from, to, amount, value }] of every movement; mints have no `from`, burns no `to`. */
export function movements(events) {
  return events.map(movement).filter((each) => each !== null);
}

function movement({ event, data }) {
  const [, kind, verb] = /^(stx|ft|nft)_(transfer|mint|burn)_event$/.exec(event) ?? [];
  if (kind === undefined) return null;
  return {
    kind,
    asset: kind === "stx" ? STX : data.asset_identifier,
    from: verb === "mint" ? null : data.sender,
    to: verb === "burn" ? null : data.recipient,
    amount: kind === "nft" ? 1n : BigInt(data.amount),
    value: kind === "nft" ? data.raw_value : null,
  };
}

/** { sent, received } of one principal and asset. */
export function totals(events, principal, asset) {
  const own = movements(events).filter((each) => each.asset === asset);
  const sum = (side) =>
    own.filter((each) => each[side] === principal).reduce((total, each) => total + each.amount, 0n);
  return { sent: sum("from"), received: sum("to") };
}

/** Every [principal, asset, kind] that a transaction touched. */
export function touched(events) {
  const found = new Map();
  for (const { from, to, asset, kind } of movements(events)) {
    for (const principal of [from, to]) {
      if (principal !== null) found.set(`${principal} ${asset}`, { principal, asset, kind });
    }
  }
  return [...found.values()];
}
