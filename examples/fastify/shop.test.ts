import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DataSource } from 'typeorm';
import { ModelHooks } from 'typeorm-model-hooks';
import { shopApp } from './app.js';
import { partnerApp } from './partner.js';
import { shopDataSource } from './shop.js';

const { DATABASE_URL = 'postgres://postgres@localhost/postgres' } = process.env;
const database = `example_fastify_${process.pid}`;
const postgres = new DataSource({ type: 'postgres', url: DATABASE_URL });

before(async () => {
  await postgres.initialize();
  await postgres.query(`CREATE DATABASE ${database}`);
});
after(async () => {
  await postgres.query(`DROP DATABASE ${database}`);
  await postgres.destroy();
});

test('A partner gets a signed request for each order', async () => {
  const dataSource = await shopDataSource(databaseUrl()).initialize();
  const hooks = await ModelHooks.attach(dataSource, { delivery: { recipients: 'development' } });
  const shop = shopApp(dataSource, hooks);
  const events: unknown[] = [];
  let secret = '';
  const partner = partnerApp(
    () => secret,
    (event) => events.push(event),
  );
  const url = `${await partner.listen()}/orders`;

  const created = await shop.inject({ method: 'POST', url: '/webhooks', payload: { url } });
  ({ secret } = created.json());
  const payload = { product: 'tea', quantity: 2 };
  await shop.inject({ method: 'POST', url: '/orders', payload });
  await hooks.idle();

  assert.deepEqual(events, [{ event: 'order.created', data: payload }]);
  const unsigned = await partner.inject({ method: 'POST', url: '/orders', payload });
  assert.equal(unsigned.statusCode, 401);

  await shop.close();
  await partner.close();
});

function databaseUrl(): string {
  const url = new URL(DATABASE_URL);
  url.pathname = database;
  return url.href;
}
