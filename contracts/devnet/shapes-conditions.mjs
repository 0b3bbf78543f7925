// How post-conditions look in the API's answers.
import {
  FungibleConditionCode,
  NonFungibleConditionCode,
  PostConditionPrincipalId,
  PostConditionType,
  addressToString,
  cvToHex,
  cvToString,
} from "@stacks/transactions";

const CODES = {
  [FungibleConditionCode.Equal]: "sent_equal_to",
  [FungibleConditionCode.Greater]: "sent_greater_than",
  [FungibleConditionCode.GreaterEqual]: "sent_greater_than_or_equal_to",
  [FungibleConditionCode.Less]: "sent_less_than",
  [FungibleConditionCode.LessEqual]: "sent_less_than_or_equal_to",
  [NonFungibleConditionCode.Sends]: "sent",
  [NonFungibleConditionCode.DoesNotSend]: "not_sent",
  [NonFungibleConditionCode.MaybeSent]: "maybe_sent",
};

export function conditionShape(condition) {
  const common = {
    principal: principalShape(condition.principal),
    condition_code: CODES[condition.conditionCode] ?? String(condition.conditionCode),
  };
  switch (condition.conditionType) {
    case PostConditionType.STX:
      return { ...common, type: "stx", amount: String(condition.amount) };
    case PostConditionType.Fungible: {
      const amount = String(condition.amount);
      return { ...common, type: "fungible", amount, asset: assetShape(condition.asset) };
    }
    case PostConditionType.NonFungible: {
      const value = condition.assetName;
      const shown = { hex: cvToHex(value), repr: cvToString(value) };
      return {
        ...common,
        type: "non_fungible",
        asset_value: shown,
        asset: assetShape(condition.asset),
      };
    }
    default:
      return { ...common, type: "staking" };
  }
}

function principalShape(principal) {
  if (principal.prefix === PostConditionPrincipalId.Origin) return { type_id: "principal_origin" };
  const address = addressToString(principal.address);
  if (principal.prefix === PostConditionPrincipalId.Standard) {
    return { type_id: "principal_standard", address };
  }
  return { type_id: "principal_contract", address, contract_name: principal.contractName.content };
}

function assetShape(asset) {
  return {
    asset_name: asset.assetName.content,
    contract_address: addressToString(asset.address),
    contract_name: asset.contractName.content,
  };
}
