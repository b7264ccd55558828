import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { DataSource } from 'typeorm';
import { ModelHooks } from 'typeorm-model-hooks';
import { shopApp } from './app.js';
import { partnerApp } from './partner.js';
import { shopDataSource } from './shop.js';

const { DATABASE_URL = 'postgres://postgres@localhost/postgres' } = process.env;
const database = `example_express_${process.pid}`;
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
  const events: unknown[] = [];
  let secret = '';
  const shop = shopApp(dataSource, hooks).listen(0);
  const partner = partnerApp(
    () => secret,
    (event) => events.push(event),
  ).listen(0);
  await Promise.all([once(shop, 'listening'), once(partner, 'listening')]);

  ({ secret } = await post(shop, '/webhooks', { url: `${urlOf(partner)}/orders` }));
  await post(shop, '/orders', { product: 'tea', quantity: 2 });
  await hooks.idle();

  assert.deepEqual(events, [{ event: 'order.created', data: { product: 'tea', quantity: 2 } }]);
  const unsigned = await fetch(`${urlOf(partner)}/orders`, { method: 'POST', body: '{}' });
  assert.equal(unsigned.status, 401);

  shop.close();
  partner.close();
  await dataSource.destroy();
});

function databaseUrl(): string {
  const url = new URL(DATABASE_URL);
  url.pathname = database;
  return url.href;
}

function urlOf(server: Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function post(server: Server, path: string, body: object): Promise<{ secret: string }> {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(urlOf(server) + path, request);
  assert.equal(response.status, 201);
  return response.json() as Promise<{ secret: string }>;
}
