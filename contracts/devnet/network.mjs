// What tells this network from others.

/** The chain id of a test network: transactions for the real one are refused. */
export const CHAIN_ID = 0x80000000;

/** The real sBTC, at the principal it has on the main network. */
export const SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
export const SBTC_REGISTRY = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-registry";
export const SBTC_ASSET = `${SBTC}::sbtc-token`;

/** The smallest fee, in micro-STX per byte of a transaction. */
export const FEE_PER_BYTE = 1n;

/** How far ahead of its account a transaction's nonce may be. */
export const CHAINING_LIMIT = 25n;

export const SERVER_VERSION = "stacktill devnet 1 (Stacks 4.0, API 9.0)";
