import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { ModelHooks } from 'typeorm-model-hooks';
import { AuditService } from './audit.service';
import { Inbox, Secrets } from './partner.module';
import { post, startPartner, startShop, useDatabase } from './spec-support';

describe('the shop', () => {
  let dropDatabase: () => Promise<void>;
  let shop: INestApplication;
  let partner: INestApplication;
  let origin: string;

  beforeAll(async () => {
    dropDatabase = await useDatabase('shop');
    shop = await startShop();
    partner = await startPartner();
    origin = await shop.getUrl();
    const url = `${await partner.getUrl()}/webhooks`;
    const { secret } = await post<{ secret: string }>(origin, '/partners', { url });
    partner.get(Secrets).known.push(secret);
  });
  afterAll(async () => {
    await shop.close();
    await partner.close();
    await dropDatabase();
  });

  it('An order reaches the partner, who verifies it, and the audit handler', async () => {
    await post(origin, '/orders', { product: 'tea', quantity: 2 });
    await shop.get(ModelHooks).idle();
    const body = { id: 1, product: 'tea', quantity: 2 };
    expect(partner.get(Inbox).received).toEqual([{ event: 'order.created', body }]);
    expect(shop.get(AuditService).entries).toEqual(['order.created tea']);
  });

  it('A request that is not signed is refused', async () => {
    const answer = await fetch(`${await partner.getUrl()}/webhooks`, {
      method: 'POST',
      body: '{}',
    });
    expect(answer.status).toBe(401);
  });

  it('The schedule is stored, the page asks for the token, and the shop is healthy', async () => {
    expect(await shop.get(ModelHooks).schedules.get('daily-report')).toMatchObject({
      enabled: true,
    });
    process.env.ADMIN_TOKEN = 'a token of the spec';
    const headers = { authorization: `Bearer ${process.env.ADMIN_TOKEN}` };
    expect((await fetch(`${origin}/hooks/`)).status).toBe(401);
    expect((await fetch(`${origin}/hooks/`, { headers })).status).toBe(200);
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });

  it('A hot reload attaches once: each event comes once', async () => {
    await shop.close();
    shop = await startShop();
    origin = await shop.getUrl();
    const { received } = partner.get(Inbox);
    received.splice(0);
    await post(origin, '/orders', { product: 'coffee', quantity: 1 });
    await shop.get(ModelHooks).idle();
    expect(received).toHaveLength(1);
    expect(shop.get(AuditService).entries).toEqual(['order.created coffee']);
  });
});
