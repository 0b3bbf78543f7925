// What tells this network from others.

/** The chain id of a test network: transactions for the real one are refused. */
export const CHAIN_ID = 0x80000000;

/** The version that transactions of a test network have. */
export const TRANSACTION_VERSION = 0x80;

/** The real sBTC, at the principal it has on the main network. */
export const SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
export const SBTC_REGISTRY = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-registry";
export const SBTC_ASSET = `${SBTC}::sbtc-token`;
export const SBTC_LOCKED_ASSET = `${SBTC_ASSET}-locked`;

/** Our stand-ins for the contracts beside it, at the principals that the registry trusts. */
export const SBTC_DEPOSIT = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-deposit";
export const SBTC_WITHDRAWAL = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-withdrawal";

/** The smallest fee, in micro-STX per byte of a transaction. */
export const FEE_PER_BYTE = 1n;

/** How far ahead of its account's next one a transaction's nonce may be. */
export const CHAINING_LIMIT = 26n;

export const SERVER_VERSION = "stacktill devnet 1 (Stacks 4.0, API 9.0)";
