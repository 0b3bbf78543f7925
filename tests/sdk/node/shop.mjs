// What the tests share: Stripe's SDK, pointed at the appliance by its own options.
import Stripe from 'stripe';

const { STACKTILL_URL, STACKTILL_SECRET_KEY, STACKTILL_PUBLISHABLE_KEY } = process.env;
const address = new URL(STACKTILL_URL);

export function sdk(key = STACKTILL_SECRET_KEY, options = {}) {
  return new Stripe(key, {
    host: address.hostname,
    port: Number(address.port),
    protocol: address.protocol.slice(0, -1),
    maxNetworkRetries: 0,
    telemetry: true,
    ...options,
  });
}

export const stripe = sdk();
export const publishableKey = STACKTILL_PUBLISHABLE_KEY;
export const url = STACKTILL_URL;

export function intentOf(amount = 20000, more = {}) {
  return stripe.paymentIntents.create({ amount, currency: 'btc', confirm: true, ...more });
}

// Pays on the sandbox chain, as `stacktill sandbox pay` does.
export function pay(id, more = {}) {
  return stripe.rawRequest('POST', '/v1/test_helpers/sandbox/pay', { payment: id, ...more });
}

// Asks again and again until the answer is truthy.
export async function until(question, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
