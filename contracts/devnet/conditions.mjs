// Post-conditions: whether what a transaction moved is what its signer allowed.
import {
  FungibleConditionCode,
  NonFungibleConditionCode,
  PostConditionMode,
  PostConditionPrincipalId,
  PostConditionType,
  addressToString,
  cvToHex,
} from "@stacks/transactions";
import { STX, movements } from "./flows.mjs";

const COMPARE = {
  [FungibleConditionCode.Equal]: (sent, amount) => sent === amount,
  [FungibleConditionCode.Greater]: (sent, amount) => sent > amount,
  [FungibleConditionCode.GreaterEqual]: (sent, amount) => sent >= amount,
  [FungibleConditionCode.Less]: (sent, amount) => sent < amount,
  [FungibleConditionCode.LessEqual]: (sent, amount) => sent <= amount,
};

/** Why the events break the conditions of a transaction, or null when they do not. */
export function broken({ type, sender, mode, conditions }, events) {
  if (type === "token_transfer") return null; // It has none, and its mode means nothing.
  const sent = movements(events).filter(({ from }) => from !== null);
  const wanted = conditions.map((condition) => described(condition, sender));
  for (const condition of wanted) {
    if (!holds(condition, sent))
      return `${condition.principal} sent another amount of ${condition.asset}`;
  }
  for (const each of sent.filter(({ from }) => isGuarded(mode, from, sender))) {
    if (!wanted.some((condition) => covers(condition, each))) {
      return `${each.from} sent ${each.asset}, which no condition allows`;
    }
  }
  return null;
}

function described(condition, sender) {
  return {
    type: condition.conditionType,
    principal: principalOf(condition.principal, sender),
    asset: condition.conditionType === PostConditionType.STX ? STX : assetOf(condition.asset),
    code: condition.conditionCode,
    amount: condition.amount === undefined ? null : BigInt(condition.amount),
    value: condition.assetName === undefined ? null : cvToHex(condition.assetName),
  };
}

/** Who a post-condition is about; the origin when it says so. */
export function principalOf(principal, sender) {
  if (principal.prefix === PostConditionPrincipalId.Origin) return sender;
  const address = addressToString(principal.address);
  if (principal.prefix === PostConditionPrincipalId.Standard) return address;
  return `${address}.${principal.contractName.content}`;
}

/** The full name of a token that a post-condition is about. */
export function assetOf(asset) {
  if (asset === undefined) return "";
  return `${addressToString(asset.address)}.${asset.contractName.content}::${asset.assetName.content}`;
}

function holds(condition, sent) {
  const own = sent.filter(
    (each) => each.from === condition.principal && each.asset === condition.asset,
  );
  if (condition.type === PostConditionType.NonFungible) {
    const isSent = own.some(({ value }) => value === condition.value);
    if (condition.code === NonFungibleConditionCode.Sends) return isSent;
    if (condition.code === NonFungibleConditionCode.DoesNotSend) return !isSent;
    return true;
  }
  if (![PostConditionType.STX, PostConditionType.Fungible].includes(condition.type)) return true;
  const amount = own.reduce((total, each) => total + each.amount, 0n);
  return COMPARE[condition.code](amount, condition.amount);
}

function isGuarded(mode, from, sender) {
  if (mode === PostConditionMode.Allow) return false;
  return mode === PostConditionMode.Deny || from === sender;
}

function covers(condition, movement) {
  if (condition.principal !== movement.from || condition.asset !== movement.asset) return false;
  return condition.value === null || condition.value === movement.value;
}
