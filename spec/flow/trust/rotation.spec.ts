import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import type { Listener } from '../../../lib';
import { Flow } from '../../support/application/flow';
import type { Received } from '../../support/receivers/receiver';
import { secretRow, storedSecrets } from '../../support/values/secrets';
import { UNUSABLE_SECRETS } from '../../support/values/unusable-secrets';

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start();
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

const rotate = (id: string, options = {}): Promise<Listener> =>
  flow.hooks.listeners.rotateSecret(id, options);
const hmac = (digest: string, key: string | undefined, { raw }: Received): string =>
  createHmac(digest, key ?? '')
    .update(raw)
    .digest('base64');

async function told(received: Received[]): Promise<Received> {
  await flow.savePeople(1);
  await flow.hooks.idle();
  const [request, ...others] = received.splice(0);
  expect(others).toEqual([]);
  return request as Received;
}

/** Whether two independent libraries take a request for one of this secret. */
function verifies(secret: string | undefined, { raw, headers }: Received): boolean {
  const texts = headers as Record<string, string>;
  const answers = [new Webhook(secret ?? ''), new SvixWebhook(secret ?? '')].map((webhook) => {
    try {
      return webhook.verify(raw.toString(), texts) !== undefined;
    } catch {
      return false;
    }
  });
  expect(new Set(answers).size).toBe(1);
  return answers[0] ?? false;
}

/** As if that time had passed. */
async function endGrace({ id }: Listener): Promise<void> {
  await flow.query(
    'UPDATE model_hook_listener SET previous_secret_until = clock_timestamp() WHERE id = $1',
    [id],
  );
}

describe('rotateSecret', () => {
  it('rotateSecret() returns the listener with a new secret', async () => {
    const { listener } = await flow.listen();
    const rotated = await rotate(listener.id);
    expect(rotated).toMatchObject({ id: listener.id, target: listener.target });
    expect(rotated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(rotated.secret).not.toBe(listener.secret);
    expect(rotated.updatedAt.getTime()).toBeGreaterThan(listener.updatedAt.getTime());
    expect(await flow.hooks.listeners.get(listener.id)).not.toHaveProperty('secret');
  });

  it.each(UNUSABLE_SECRETS)('The new secret %j is refused', async (secret) => {
    const { listener } = await flow.listen();
    await expect(flow.hooks.listeners.rotateSecret(listener.id, { secret })).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
      fields: { secret: expect.any(Array) },
    });
  });

  it('Requests are signed with both secrets during the grace time, and later only with the new one', async () => {
    const { listener, receiver } = await flow.listen(undefined, { digest: 'sha512' });
    const rotated = await rotate(listener.id);

    const during = await told(receiver.received);
    expect(during.headers['webhook-signature']).toMatch(/^v1,[\w+/]+= v1,[\w+/]+=$/);
    expect([listener, rotated].map(({ secret }) => verifies(secret, during))).toEqual([true, true]);
    expect(during.headers).toMatchObject({
      'hook-hmac': hmac('sha512', rotated.secret, during),
      'hook-hmac-previous': hmac('sha512', listener.secret, during),
    });

    await endGrace(listener);
    const after = await told(receiver.received);
    expect(after.headers['webhook-signature']).toMatch(/^v1,[\w+/]+=$/);
    expect([listener, rotated].map(({ secret }) => verifies(secret, after))).toEqual([false, true]);
    expect(after.headers).toMatchObject({ 'hook-hmac': hmac('sha512', rotated.secret, after) });
    expect(after.headers).not.toHaveProperty('hook-hmac-previous');
  });

  it('The default grace time is a day by the clock of the database', async () => {
    const { listener } = await flow.listen();
    await rotate(listener.id);
    const [row] = await flow.query<{ seconds: number }>(
      `SELECT extract(epoch FROM previous_secret_until - updated_at)::float8 AS seconds
       FROM model_hook_listener WHERE id = $1`,
      [listener.id],
    );
    expect(row?.seconds).toBeCloseTo(86_400, 0);
  });

  it('A given secret with a grace time of 0 replaces the old one at once', async () => {
    const { listener, receiver } = await flow.listen();
    expect(await rotate(listener.id, { graceMs: 0, secret: 'my own' })).toMatchObject({
      secret: 'my own',
    });
    const request = await told(receiver.received);
    expect(request.headers).toMatchObject({ 'hook-hmac': hmac('sha256', 'my own', request) });
    expect(request.headers).not.toHaveProperty('hook-hmac-previous');
    expect(await secretRow(flow.application.dataSource, listener.id)).toMatchObject({
      previous_secret: null,
      previous_secret_until: null,
    });
  });

  it('The oldest of three secrets is removed', async () => {
    const { listener, receiver } = await flow.listen();
    const [second, third] = [await rotate(listener.id), await rotate(listener.id)];
    const request = await told(receiver.received);
    const known = [listener, second, third].map(({ secret }) => verifies(secret, request));
    expect(known).toEqual([false, true, true]);
  });

  it('Two concurrent rotations leave their two secrets', async () => {
    const { listener } = await flow.listen();
    const rotated = await Promise.all([rotate(listener.id), rotate(listener.id)]);
    const { secret, previousSecret } = await storedSecrets(
      flow.application.dataSource,
      listener.id,
    );
    expect(new Set([secret, previousSecret])).toEqual(
      new Set(rotated.map((one) => one.secret ?? '')),
    );
  });

  it.each([
    { options: { graceMs: -1 }, code: 'OPTION_INVALID' },
    { options: { graceMs: Number.NaN }, code: 'OPTION_INVALID' },
    { options: { graceMs: 31_536_000_001 }, code: 'OPTION_INVALID' },
    { options: { graceMs: '1' }, code: 'OPTION_INVALID' },
    { options: { secret: '' }, code: 'LISTENER_INVALID' },
    { options: { secret: 'a\0' }, code: 'LISTENER_INVALID' },
    { options: { secret: 1 }, code: 'LISTENER_INVALID' },
  ])('The options $options are refused, and nothing changes', async ({ options, code }) => {
    const { listener } = await flow.listen();
    await expect(rotate(listener.id, options)).rejects.toMatchObject({ code });
    expect((await storedSecrets(flow.application.dataSource, listener.id)).secret).toBe(
      listener.secret,
    );
  });

  it.each(['nobody', '0197f0f0-0000-7000-8000-000000000000'])(
    'The unknown listener id %s is refused',
    async (id) => {
      await expect(rotate(id)).rejects.toMatchObject({ code: 'LISTENER_NOT_FOUND', listener: id });
    },
  );
});
