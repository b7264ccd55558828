import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { DataSource } from 'typeorm';
import { verify } from 'typeorm-model-hooks/receiver';
import { Order, openShop } from './shop.js';

const { DATABASE_URL = 'postgres://postgres@localhost/postgres' } = process.env;
const database = `example_javascript_${process.pid}`;
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
  const { dataSource, hooks, orders } = await openShop(databaseUrl());
  const events = [];
  let secret = '';
  const partner = createServer(async (request, response) => {
    const body = await buffer(request);
    events.push({ event: verify(request.headers, body, secret).event, data: JSON.parse(body) });
    response.end();
  });
  await once(partner.listen(0), 'listening');

  const url = `http://localhost:${partner.address().port}/orders`;
  ({ secret } = await hooks.for(Order).listener(url).save());
  await orders.save({ product: 'tea', quantity: 2 });
  await hooks.idle();

  assert.deepEqual(events, [{ event: 'order.created', data: { product: 'tea', quantity: 2 } }]);
  partner.close();
  await dataSource.destroy();
});

function databaseUrl() {
  const url = new URL(DATABASE_URL);
  url.pathname = database;
  return url.href;
}
