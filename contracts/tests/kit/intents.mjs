// Calls of stacktill-intents-v1, with usual arguments.
import { Cl } from "@stacks/transactions";
import { INTENTS, call, now, owner, read } from "./chain.mjs";
import { plain } from "./events.mjs";
import { merchant, payer } from "./people.mjs";

export const ID = "fedcba9876543210fedcba9876543210";
const id16 = (id) => Cl.bufferFromHex(id);

export function register(sender = merchant, label = Cl.none()) {
  return call(INTENTS, "register-merchant", [label], sender);
}

export function create({
  id = ID,
  amount = 50_000,
  expires = now() + 3600,
  sender = merchant,
} = {}) {
  const values = [id16(id), Cl.uint(amount), Cl.uint(expires)];
  return call(INTENTS, "create-payment-intent", values, sender);
}

export function processPayment({ of = merchant, id = ID, amount = 50_000, sender = payer } = {}) {
  const values = [Cl.principal(of), id16(id), Cl.uint(amount)];
  return call(INTENTS, "process-payment", values, sender);
}

export function setFees(bps, to, sender = owner) {
  return call(INTENTS, "set-fees", [Cl.uint(bps), Cl.principal(to)], sender);
}

export function setMerchant(of, { active = true, bps = 0, sender = owner } = {}) {
  const values = [Cl.principal(of), Cl.bool(active), Cl.uint(bps)];
  return call(INTENTS, "set-merchant", values, sender);
}

export function distribute(statement, shares, sender) {
  const list = shares.map(([to, amount]) =>
    Cl.tuple({ to: Cl.principal(to), amount: Cl.uint(amount) }),
  );
  return call(INTENTS, "distribute-fees", [Cl.bufferFromHex(statement), Cl.list(list)], sender);
}

const kept = (name, values) => plain(read(INTENTS, name, values).result);
export const merchantOf = (of) => kept("get-merchant", [Cl.principal(of)]);
export const intentOf = (of, id = ID) => kept("get-intent", [Cl.principal(of), id16(id)]);
export const paymentOf = (of, id = ID) => kept("get-payment", [Cl.principal(of), id16(id)]);
export const distributionOf = (of, statement) =>
  kept("get-distribution", [Cl.principal(of), id16(statement)]);
export const fees = () => kept("get-fees", []);
