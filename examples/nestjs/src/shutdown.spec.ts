import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Inbox, Secrets } from './partner.module';
import { post, startPartner, until, useDatabase } from './spec-support';

describe('the shop as a process', () => {
  let dropDatabase: () => Promise<void>;
  beforeAll(async () => {
    dropDatabase = await useDatabase('shutdown');
  });
  afterAll(() => dropDatabase());

  it('At SIGTERM, deliveries in flight end before the process does', async () => {
    const partner = await startPartner();
    const inbox = partner.get(Inbox);
    let open = () => {};
    inbox.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const shop = spawn(process.execPath, [`${__dirname}/main.js`], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const origin = await originOf(shop.stdout);
    const url = `${await partner.getUrl()}/webhooks`;
    const { secret } = await post<{ secret: string }>(origin, '/partners', { url });
    partner.get(Secrets).known.push(secret);
    for (const product of ['tea', 'coffee', 'milk'])
      await post(origin, '/orders', { product, quantity: 1 });
    await until(inbox.received, 3);
    const exited = once(shop, 'exit');
    shop.kill('SIGTERM');
    open();
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(await statuses()).toEqual({ done: 6 });
    await partner.close();
  });
});

/** Where the shop says that it listens. Its log is on the same stream. */
async function originOf(output: Readable): Promise<string> {
  for await (const line of createInterface(output)) {
    const origin = /^The shop listens at (.*)$/.exec(line)?.[1];
    if (origin) return origin;
  }
  throw new Error('The shop ended before it listened.');
}

/** Three orders for a partner and the audit handler. */
async function statuses(): Promise<Record<string, number>> {
  const { DATABASE_URL: url } = process.env;
  const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
  const rows: { status: string; count: number }[] = await dataSource.query(
    'SELECT status, count(*)::int AS count FROM model_hook_delivery GROUP BY status',
  );
  await dataSource.destroy();
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
