import { createHmac } from 'node:crypto';
import { type ListenerOptions, secret } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { answering } from '../../support/receivers/answers';
import type { Receiver } from '../../support/receivers/receiver';
import { type SecretRow, secretRow, storedSecrets } from '../../support/values/secrets';

const TOKEN = 'Bearer 6f1ed002ab5595859014ebf0951522d9';
const SEALED = /^enc:v1:spec:[\w-]+$/;

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start();
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

const row = (id: string): Promise<SecretRow> => secretRow(flow.application.dataSource, id);
const opened = (id: string) => storedSecrets(flow.application.dataSource, id);
const listeners = () => flow.hooks.listeners;
const authorised = { headers: { Authorization: secret(TOKEN), 'X-Plain': 'plain' } } as const;

/** Whether the one request that came was signed with this secret, and what it said who it was. */
async function sentWith(receiver: Receiver, key: string): Promise<string | undefined> {
  await flow.savePeople(1);
  await flow.hooks.idle();
  const [request] = receiver.received.splice(0);
  if (!request) throw new Error('Nothing was sent.');
  const { raw, headers } = request;
  const hmac = createHmac('sha256', key).update(raw).digest('base64');
  expect(headers['hook-hmac']).toBe(hmac);
  return headers.authorization;
}

describe('the secret of a listener', () => {
  it('The secret is sealed in its row and signs what is sent', async () => {
    const { listener, receiver } = await flow.listen();
    const stored = await row(listener.id);
    expect(stored.secret).toMatch(SEALED);
    expect(stored.key_ids).toEqual(['spec']);
    expect((await opened(listener.id)).secret).toBe(listener.secret);
    await sentWith(receiver, listener.secret ?? '');
  });

  it.each(['s', 'enc:v1:spec:AAAA', 'enc:v0:x', 'größe 😀', 'x'.repeat(1_024)])(
    'The secret can be any text, such as "%.20s"',
    async (key) => {
      const { listener, receiver } = await flow.listen(undefined, { secret: key });
      expect((await row(listener.id)).secret).toMatch(SEALED);
      await sentWith(receiver, key);
    },
  );

  it('A save that gives the secret seals it again and keeps the key ids up to date', async () => {
    const { listener, receiver } = await flow.listen(undefined, { key: 'k', ...authorised });
    const before = await row(listener.id);
    await flow.listenAt(receiver.url, { key: 'k', secret: 'the second' });
    const after = await row(listener.id);
    expect(after.secret).not.toBe(before.secret);
    expect(after.headers).toEqual(before.headers);
    expect(after.key_ids).toEqual(['spec']);
    await flow.listenAt(receiver.url, { key: 'k', digest: 'sha256' });
    expect(await row(listener.id)).toMatchObject({ secret: after.secret, key_ids: ['spec'] });
    expect(await sentWith(receiver, 'the second')).toBe(TOKEN);
  });

  it('A secret that is copied to another row does not open', async () => {
    const one = await flow.listen();
    const other = await flow.listen();
    const { secret: stolen } = await row(other.listener.id);
    await flow.query('UPDATE model_hook_listener SET secret = $2 WHERE id = $1', [
      one.listener.id,
      stolen,
    ]);
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(one.listener.id)).toMatchObject({
      status: 'failed',
      attempt: 0,
      reason: "the listener's secrets do not open with their key",
    });
    expect(await flow.deliveryOf(other.listener.id)).toMatchObject({ status: 'done' });
    expect(one.receiver.received).toHaveLength(0);
  });

  it('A secret that does not open can be replaced', async () => {
    const { listener, receiver } = await flow.listen(undefined, authorised);
    const spoil = () =>
      flow.query("UPDATE model_hook_listener SET secret = 'enc:v1:spec:AAAA' WHERE id = $1", [
        listener.id,
      ]);
    await spoil();
    await expect(listeners().update(listener.id, { digest: 'sha256' })).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
    });
    expect(await listeners().get(listener.id)).toMatchObject({ id: listener.id });
    await listeners().update(listener.id, { secret: 'repaired' });
    expect(await sentWith(receiver, 'repaired')).toBe(TOKEN);
    await spoil();
    await listeners().rotateSecret(listener.id, { secret: 'rotated', graceMs: 0 });
    expect(await sentWith(receiver, 'rotated')).toBe(TOKEN);
  });
});

describe('update', () => {
  it('An update that changes the identity seals all secrets again', async () => {
    const { listener, receiver } = await flow.listen(undefined, authorised);
    await listeners().rotateSecret(listener.id, { secret: 'newer' });
    const before = await row(listener.id);
    await listeners().update(listener.id, { url: `${receiver.url}/moved`, key: 'k' });
    const after = await row(listener.id);
    expect(after.identity).not.toBe(before.identity);
    expect(after.previous_secret_until).toEqual(before.previous_secret_until);
    const { secret: now, previousSecret, headers } = await opened(listener.id);
    expect({ now, previousSecret, headers }).toEqual({
      now: 'newer',
      previousSecret: listener.secret,
      headers: authorised.headers,
    });
    expect(await sentWith(receiver, 'newer')).toBe(TOKEN);
  });

  it('A concurrent update does not undo a rotation', async () => {
    const { listener, receiver } = await flow.listen();
    await Promise.all([
      ...['a', 'b', 'c'].map((note) => listeners().update(listener.id, { config: { note } })),
      listeners().rotateSecret(listener.id, { secret: 'newer' }),
    ]);
    expect(await opened(listener.id)).toMatchObject({
      secret: 'newer',
      previousSecret: listener.secret,
    });
    await sentWith(receiver, 'newer');
  });
});

describe('a secret header', () => {
  it('A secret header value is sent, sealed in its row, and never returned', async () => {
    const { listener, receiver } = await flow.listen(undefined, authorised);
    const shown = { Authorization: { secret: null }, 'X-Plain': 'plain' };
    expect(listener.headers).toEqual(shown);
    expect((await listeners().get(listener.id))?.headers).toEqual(shown);
    expect((await listeners().find())[0]?.headers).toEqual(shown);
    expect((await flow.listenAt(receiver.url)).headers).toEqual(shown);
    expect((await listeners().update(listener.id, { digest: 'sha256' })).headers).toEqual(shown);
    const { headers } = await row(listener.id);
    expect(headers).toEqual({
      Authorization: { secret: expect.stringMatching(SEALED) },
      'X-Plain': 'plain',
    });
    expect(await sentWith(receiver, listener.secret ?? '')).toBe(TOKEN);
  });

  it('A secret header value is kept if an update returns it as it was read', async () => {
    const { listener, receiver } = await flow.listen(undefined, authorised);
    const headers = { ...listener.headers, 'X-Plain': 'changed' };
    await listeners().update(listener.id, { headers });
    expect((await opened(listener.id)).headers).toEqual({
      Authorization: secret(TOKEN),
      'X-Plain': 'changed',
    });
    expect(await sentWith(receiver, listener.secret ?? '')).toBe(TOKEN);
  });

  it.each<[string, unknown]>([
    ['as it is read', { Authorization: { secret: null } }],
    ['of two lines', { Authorization: secret('a\r\nHost: evil') }],
    ['too long', { Authorization: secret('x'.repeat(1_025)) }],
    ['no text', { Authorization: { secret: 1 } }],
    ['more than a secret', { Authorization: { secret: 'x', shown: true } }],
    ['of a reserved header', { 'Hook-HMAC': secret('x') }],
  ])('A secret header value is refused if it is %s', async (_name, headers) => {
    const options = { headers } as Omit<ListenerOptions, 'url'>;
    const refused = { code: 'LISTENER_INVALID', fields: { headers: [expect.any(String)] } };
    await expect(flow.listenAt('https://example.com', options)).rejects.toMatchObject(refused);
    const { id } = await flow.listenAt('https://example.com');
    await expect(listeners().update(id, options as never)).rejects.toMatchObject(refused);
  });

  it('A secret header value can be as long as a plain one', async () => {
    const long = 'x'.repeat(1_024);
    const { listener } = await flow.listen(undefined, { headers: { 'X-Long': secret(long) } });
    expect((await opened(listener.id)).headers).toEqual({ 'X-Long': secret(long) });
  });

  it('A secret header value does not open under another name or as the signing secret', async () => {
    const { listener } = await flow.listen(undefined, authorised);
    const { headers } = await row(listener.id);
    const [{ secret: stolen }] = [headers.Authorization as { secret: string }];
    for (const change of [
      `headers = jsonb_build_object('X-Other', jsonb_build_object('secret', $2::text))`,
      'secret = $2',
    ]) {
      await flow.query(`UPDATE model_hook_listener SET ${change} WHERE id = $1`, [
        listener.id,
        stolen,
      ]);
      await flow.savePeople(1);
      await flow.hooks.idle();
    }
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    expect(items.map(({ status }) => status)).toEqual(['failed', 'failed']);
  });
});

describe('a recipient that repeats what it was sent', () => {
  it('Secrets that a recipient repeats appear in no table and no report', async () => {
    const said: unknown[] = [];
    const end = flow.hooks.on('outcome', (outcome) => said.push(outcome));
    const status = { status: 'success', retval: { got: `it was ${TOKEN}`, [TOKEN]: 1 } };
    const echoed = await flow.listen(
      answering({ body: { echo: TOKEN.split(' ')[1] } }),
      authorised,
    );
    const returned = await flow.listen(answering({ body: status }), authorised);
    const failed = await flow.listen(
      answering({ body: { status: 'failure', reason: `denied:\n${TOKEN}` } }),
      authorised,
    );
    const broken = await flow.listen(answering({ status: 500, body: TOKEN }), {
      ...authorised,
      delivery: { retries: 0 },
    });
    await flow.savePeople(1);
    await flow.hooks.idle();
    end();
    expect(await flow.deliveryOf(echoed.listener.id)).toMatchObject({
      response: '{"echo":"[secret]"}',
    });
    expect(await flow.deliveryOf(returned.listener.id)).toMatchObject({
      retval: { got: 'it was [secret]', '[secret]': 1 },
    });
    expect(await flow.deliveryOf(failed.listener.id)).toMatchObject({
      status: 'failed',
      reason: 'denied:\\n[secret]',
    });
    expect(await flow.deliveryOf(broken.listener.id)).toMatchObject({ response: '[secret]' });
    expect(JSON.stringify(said)).not.toContain(TOKEN.split(' ')[1]);
  });
});
