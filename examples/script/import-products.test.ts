import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { DataSource } from 'typeorm';
import { verify } from 'typeorm-model-hooks/receiver';

const { DATABASE_URL = 'postgres://postgres@localhost/postgres' } = process.env;
const SECRET = `whsec_${Buffer.alloc(32, 'the secret of this test').toString('base64')}`;
const database = `example_script_${process.pid}`;
const postgres = new DataSource({ type: 'postgres', url: DATABASE_URL });

const events: unknown[] = [];
const partner = createServer(async (request, response) => {
  const body = await buffer(request);
  events.push({ event: verify(request.headers, body, SECRET).event, data: JSON.parse(`${body}`) });
  response.end();
});

before(async () => {
  await postgres.initialize();
  await postgres.query(`CREATE DATABASE ${database}`);
  await once(partner.listen(0), 'listening');
});
after(async () => {
  partner.close();
  await postgres.query(`DROP DATABASE ${database}`);
  await postgres.destroy();
});

test('The script sends each product once, and a second run sends none', async () => {
  assert.equal(await runScript(), 0);
  assert.deepEqual(new Set(events), new Set([created('tea', 350), created('coffee', 420)]));
  assert.equal(await runScript(), 0);
  assert.equal(events.length, 2);
});

function created(sku: string, price: number) {
  return { event: 'product.created', data: { sku, price } };
}

/** Its exit code. */
async function runScript(): Promise<number> {
  const url = new URL(DATABASE_URL);
  url.pathname = database;
  const { port } = partner.address() as AddressInfo;
  const env = {
    ...process.env,
    DATABASE_URL: url.href,
    WEBHOOK_URL: `http://localhost:${port}/products`,
    WEBHOOK_SECRET: SECRET,
  };
  const args = ['--import', 'tsx', 'import-products.ts'];
  const [code] = await once(spawn(process.execPath, args, { env, stdio: 'inherit' }), 'exit');
  return code;
}
