// Lists and searches, walked by the SDK's own paging.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { stripe } from './shop.mjs';

const MANY = 110;
let newestFirst = [];

before(async () => {
  const made = await Promise.all(
    Array.from({ length: MANY }, (_, number) =>
      stripe.paymentIntents.create({
        amount: 1000 + number,
        currency: 'btc',
        metadata: { half: String(number % 2) },
      }),
    ),
  );
  newestFirst = made.map((intent) => intent.id).sort().reverse();
});

test('autoPagingToArray loses and repeats nothing', async () => {
  for (const limit of [9, 100]) {
    const walked = await stripe.paymentIntents.list({ limit }).autoPagingToArray({ limit: 1000 });
    assert.deepEqual(
      walked.map((intent) => intent.id),
      newestFirst,
    );
  }
});

test('paging backwards', async () => {
  const oldest = newestFirst[MANY - 1];
  const walked = [];
  for await (const intent of stripe.paymentIntents.list({ limit: 9, ending_before: oldest })) {
    walked.push(intent.id);
  }
  assert.deepEqual(walked.reverse(), newestFirst.slice(0, -1));
});

test('search pages to its end', async () => {
  const query = "metadata['half']:'1' AND status:'requires_payment_method'";
  const page = await stripe.paymentIntents.search({ query, limit: 10 });
  assert.equal(page.object, 'search_result');
  assert.ok(page.next_page);
  const found = await stripe.paymentIntents
    .search({ query, limit: 10 })
    .autoPagingToArray({ limit: 1000 });
  assert.equal(new Set(found.map((intent) => intent.id)).size, MANY / 2);
  assert.equal(found.length, MANY / 2);
});

test('created filters and expand in lists', async () => {
  const [newest] = (await stripe.paymentIntents.list({ limit: 1 })).data;
  const page = await stripe.paymentIntents.list({
    created: { gt: newest.created },
    expand: ['data.customer'],
  });
  assert.deepEqual(page.data, []);
  assert.equal(page.has_more, false);
});
