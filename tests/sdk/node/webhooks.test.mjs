// Webhooks that really arrive are verified by the SDK.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { intentOf, pay, stripe, until } from './shop.mjs';

const letters = [];
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    letters.push({ headers: request.headers, body: Buffer.concat(parts) });
    response.end();
  });
});

before(() => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.closeAllConnections();
  server.close();
});

test('constructEvent on a delivered webhook', async () => {
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${server.address().port}/hook`,
    enabled_events: ['payment_intent.succeeded'],
  });
  assert.match(endpoint.secret, /^whsec_/);
  const intent = await intentOf(12345);
  await pay(intent.id);
  const { headers, body } = await until(() => letters[0]);
  const signature = headers['stripe-signature'];
  const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
  assert.equal(event.type, 'payment_intent.succeeded');
  assert.equal(event.data.object.id, intent.id);
  assert.equal(event.data.object.amount_received, 12345);
  const asynchronous = await stripe.webhooks.constructEventAsync(body, signature, endpoint.secret);
  assert.equal(asynchronous.id, event.id);
  assert.throws(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other'), {
    type: 'StripeSignatureVerificationError',
  });
  assert.throws(() => stripe.webhooks.constructEvent(`${body} `, signature, endpoint.secret), {
    type: 'StripeSignatureVerificationError',
  });
  const read = await stripe.events.retrieve(event.id);
  assert.deepEqual(read.data, event.data);
  const types = await stripe.events.list({ type: 'payment_intent.*' });
  assert.ok(types.data.length >= 4);
  assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
});
