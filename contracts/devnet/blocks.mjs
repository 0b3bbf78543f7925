// Blocks and their hashes. A block that is mined again after a reorganisation has other hashes.
import { createHash } from "node:crypto";

const hashOf = (...parts) =>
  `0x${createHash("sha512-256").update(JSON.stringify(parts)).digest("hex")}`;

/** A Bitcoin block of the play. */
export function makeBurnBlock({ height, time, parent, fork }) {
  return {
    height,
    time,
    hash: hashOf("burn", height, parent?.hash ?? null, fork),
    consensusHash: hashOf("consensus", height, fork).slice(0, 42),
    parent:
      parent === null ? null : { height: parent.height, hash: parent.hash, time: parent.time },
  };
}

/** A Stacks block of receipts. */
export function makeBlock({ height, time, burn, parent, fork, tenureHeight, receipts }) {
  const txids = receipts.map(({ transaction }) => transaction.txid);
  // The first block is the same at every start, so that an old reader finds where it has to go back to.
  const place = parent === null ? [] : [parent.indexHash, time, fork, txids];
  const hash = hashOf("block", height, ...place);
  const indexHash = hashOf("index", hash, burn.consensusHash);
  let events = 0;
  return {
    height,
    time,
    burn,
    hash,
    indexHash,
    parentHash: parent?.hash ?? hashOf("nothing"),
    parentIndexHash: parent?.indexHash ?? hashOf("nothing"),
    tenureHeight,
    receipts: receipts.map((receipt, index) => ({
      ...receipt,
      index,
      // An observer of a node counts events through the block, the API through the transaction.
      firstEvent: (events += receipt.events.length) - receipt.events.length,
    })),
  };
}
