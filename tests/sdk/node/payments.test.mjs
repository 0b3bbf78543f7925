// A payment from creation to success and back, with everything around it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { intentOf, pay, publishableKey, sdk, stripe, until, url } from './shop.mjs';

test('an intent from creation to success', async () => {
  let intent = await stripe.paymentIntents.create({
    amount: 20000,
    currency: 'btc',
    metadata: { order: '7' },
  });
  assert.equal(intent.status, 'requires_payment_method');
  assert.match(intent.lastResponse.requestId, /^req_/);
  assert.equal(intent.lastResponse.apiVersion, stripe.getApiField('version'));
  intent = await stripe.paymentIntents.update(intent.id, { description: 'Order 7' });
  intent = await stripe.paymentIntents.confirm(intent.id, {
    payment_method_data: { type: 'crypto' },
    payment_method_options: {
      crypto: { mode: 'deposit', deposit_options: { networks: ['stacks'] } },
    },
  });
  assert.equal(intent.status, 'requires_action');
  const details = intent.next_action.crypto_display_details;
  assert.ok(details.deposit_addresses.stacks.address);
  assert.equal(details.deposit_addresses.stacks.supported_tokens[0].token_currency, 'sbtc');
  assert.equal(details.amount_remaining, 20000);
  await pay(intent.id);
  const paid = await stripe.paymentIntents.retrieve(intent.id, {
    expand: ['latest_charge.balance_transaction'],
  });
  assert.equal(paid.status, 'succeeded');
  assert.equal(paid.amount_received, 20000);
  assert.equal(paid.latest_charge.metadata.order, '7');
  assert.equal(paid.latest_charge.balance_transaction.net, 20000);
});

test('stripe simulates a crypto deposit', async () => {
  const intent = await intentOf();
  const paid = await stripe.rawRequest(
    'POST',
    `/v1/test_helpers/payment_intents/${intent.id}/simulate_crypto_deposit`,
    { transaction_hash: '0xtestsuccess', network: 'stacks', token_currency: 'sbtc' },
  );
  assert.equal(paid.status, 'succeeded');
});

test('null and the empty string unset', async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 1000,
    currency: 'btc',
    description: 'x',
    metadata: { a: '1', b: '2' },
    shipping: undefined,
  });
  let changed = await stripe.paymentIntents.update(intent.id, { metadata: { a: null, c: '3' } });
  assert.deepEqual(changed.metadata, { b: '2', c: '3' });
  changed = await stripe.paymentIntents.update(intent.id, { metadata: '', description: '' });
  assert.deepEqual(changed.metadata, {});
  assert.equal(changed.description, null);
});

test('both names of the list of methods', async () => {
  const now = await intentOf(1000, { allowed_payment_method_types: ['crypto'] });
  assert.deepEqual(now.payment_method_types, ['crypto']);
  const then = sdk(undefined, { apiVersion: '2025-03-31.basil' });
  const before = await then.paymentIntents.create({
    amount: 1000,
    currency: 'btc',
    payment_method_types: ['crypto'],
  });
  assert.deepEqual(before.payment_method_types, ['crypto']);
});

test('a publishable key reads with the client secret only', async () => {
  const intent = await intentOf();
  const payer = sdk(publishableKey);
  const seen = await payer.paymentIntents.retrieve(intent.id, {
    client_secret: intent.client_secret,
  });
  assert.equal(seen.id, intent.id);
  assert.equal(seen.metadata, undefined);
  await assert.rejects(payer.paymentIntents.retrieve(intent.id), { statusCode: 404 });
  await assert.rejects(payer.customers.list(), { type: 'StripePermissionError' });
});

test('refund a part, then the rest, then no more', async () => {
  const intent = await intentOf(9000);
  await pay(intent.id);
  const part = await stripe.refunds.create({ payment_intent: intent.id, amount: 4000 });
  assert.equal(part.status, 'requires_action');
  await stripe.rawRequest('POST', `/v1/test_helpers/refunds/${part.id}/sign`, {});
  assert.equal((await stripe.refunds.retrieve(part.id)).status, 'succeeded');
  assert.equal((await stripe.refunds.create({ payment_intent: intent.id })).amount, 5000);
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), {
    code: 'charge_already_refunded',
  });
});

test('a checkout session is paid', async () => {
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [
      {
        price_data: { currency: 'btc', unit_amount: 700, product_data: { name: 'Tea' } },
        quantity: 3,
      },
    ],
    success_url: 'https://shop.example/?s={CHECKOUT_SESSION_ID}',
  });
  assert.ok(session.url.startsWith(url));
  assert.equal(session.amount_total, 2100);
  const items = await stripe.checkout.sessions.listLineItems(session.id);
  assert.equal(items.data[0].description, 'Tea');
  await pay(session.id);
  const done = await until(async () => {
    const found = await stripe.checkout.sessions.retrieve(session.id);
    return found.status === 'complete' && found;
  });
  assert.equal(done.payment_status, 'paid');
  assert.equal(done.url, null);
});

test('customers, products, prices and links', async () => {
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  assert.equal((await stripe.customers.del(customer.id)).deleted, true);
  assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
  const product = await stripe.products.create({ name: 'Tea' });
  const price = await stripe.prices.create({
    currency: 'btc',
    unit_amount: 300,
    product: product.id,
  });
  const link = await stripe.paymentLinks.create({ line_items: [{ price: price.id, quantity: 2 }] });
  assert.equal(link.active, true);
  const balance = await stripe.balance.retrieve();
  assert.equal(balance.object, 'balance');
});
