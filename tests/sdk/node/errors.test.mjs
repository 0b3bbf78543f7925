// Each refusal is thrown as the class that shops catch, with its code and parameter.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { intentOf, publishableKey, sdk, stripe } from './shop.mjs';

const good = { amount: 1000, currency: 'btc' };

const refusals = [
  ['missing', { currency: 'btc' }, 'parameter_missing', 'amount'],
  ['unknown', { ...good, colour: 'red' }, 'parameter_unknown', 'colour'],
  ['unknown nested', { ...good, shipping: { drone: '1' } }, 'parameter_unknown', 'shipping[drone]'],
  ['a fraction', { ...good, amount: 1.5 }, 'parameter_invalid_integer', 'amount'],
  ['too much', { ...good, amount: 1e16 }, 'amount_too_large', 'amount'],
  ['another currency', { ...good, currency: 'zzz' }, undefined, 'currency'],
  ['no e-mail address', { ...good, receipt_email: 'ada' }, 'email_invalid', 'receipt_email'],
  ['nobody', { ...good, customer: 'cus_x' }, 'resource_missing', 'customer'],
];

for (const [name, params, code, param] of refusals) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(stripe.paymentIntents.create(params), (error) => {
      assert.equal(error.type, 'StripeInvalidRequestError');
      assert.equal(error.statusCode, 400);
      assert.equal(error.code, code);
      assert.equal(error.param, param);
      assert.match(error.requestId, /^req_/);
      return true;
    });
  });
}

test('unknown ids, keys, accounts and addresses', async () => {
  await assert.rejects(stripe.paymentIntents.retrieve('pi_x'), {
    type: 'StripeInvalidRequestError',
    statusCode: 404,
    code: 'resource_missing',
  });
  await assert.rejects(sdk('sk_test_wrong').customers.list(), {
    type: 'StripeAuthenticationError',
    statusCode: 401,
  });
  await assert.rejects(sdk(publishableKey).customers.list(), {
    type: 'StripePermissionError',
    code: 'secret_key_required',
  });
  await assert.rejects(stripe.customers.list({}, { stripeAccount: 'acct_x' }), {
    type: 'StripePermissionError',
    code: 'account_invalid',
  });
  await assert.rejects(stripe.subscriptions.list(), { statusCode: 404 });
  await assert.rejects(stripe.rawRequest('GET', '/v2/core/events'), { statusCode: 404 });
});

test('a state in the way is shown', async () => {
  const intent = await intentOf();
  await stripe.paymentIntents.cancel(intent.id);
  await assert.rejects(stripe.paymentIntents.confirm(intent.id), (error) => {
    assert.equal(error.code, 'payment_intent_unexpected_state');
    assert.equal(error.payment_intent.id, intent.id);
    return true;
  });
});

test('a key makes a write happen once', async () => {
  const once = { idempotencyKey: randomUUID() };
  const first = await stripe.paymentIntents.create(good, once);
  const again = await stripe.paymentIntents.create(good, once);
  assert.deepEqual({ ...again }, { ...first });
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  assert.equal(again.lastResponse.idempotencyKey, once.idempotencyKey);
  await assert.rejects(stripe.paymentIntents.create({ ...good, amount: 1001 }, once), {
    type: 'StripeIdempotencyError',
    statusCode: 400,
  });
});
