import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import nacl from 'tweetnacl';
import { generateSigningKey, type ListenerOptions } from 'typeorm-model-hooks';
import { adminApp } from 'typeorm-model-hooks/admin';
import { jwks, verify } from 'typeorm-model-hooks/receiver';
import { Flow } from '../../support/application/flow';
import { opensslAccepts } from '../../support/receivers/openssl';
import type { Received } from '../../support/receivers/receiver';

const newest = generateSigningKey();
const old = generateSigningKey();
const signingKeys = { newest: newest.secretKey, old: old.secretKey };
const folder = mkdtempSync(join(tmpdir(), 'v1a-'));

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ attach: { signingKeys } });
});
afterEach(() => flow.clear());
afterAll(async () => {
  await flow.stop();
  rmSync(folder, { recursive: true });
});

async function receive(options: Omit<ListenerOptions, 'url'>, people = 1): Promise<Received> {
  const { receiver } = await flow.listen(undefined, options);
  await flow.savePeople(people, 'Jörg 😀');
  await receiver.waitFor(1);
  await flow.hooks.idle();
  return receiver.received[0] as Received;
}

/** The signatures of a kind, and what they sign. */
function signed({ headers, raw }: Received, kind: 'v1' | 'v1a') {
  const all = String(headers['webhook-signature']).split(' ');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  return {
    signatures: all.filter((one) => one.startsWith(`${kind},`)).map((one) => one.split(',')[1]),
    content: Buffer.concat([Buffer.from(content), raw]),
  };
}

function expectSigned(request: Received): void {
  const { signatures, content } = signed(request, 'v1a');
  expect(signatures).toHaveLength(2);
  for (const [n, jwk] of flow.hooks.publicKeys.entries()) {
    const signature = Buffer.from(signatures[n] ?? '', 'base64');
    expect(opensslAccepts({ jwk, signature, content }, folder)).toBe(true);
    const forged = Buffer.concat([content, Buffer.from(' ')]);
    expect(opensslAccepts({ jwk, signature, content: forged }, folder)).toBe(false);
    expect(nacl.sign.detached.verify(content, signature, Buffer.from(jwk.x, 'base64url'))).toBe(
      true,
    );
  }
  for (const key of [newest.publicKey, old.publicKey])
    expect(verify(request.headers, request.raw, key).id).toBe(request.headers['webhook-id']);
}

describe('a listener with the signature v1a', () => {
  it('A delivery is signed by each key and by no secret, as openssl and tweetnacl verify', async () => {
    const request = await receive({ signature: 'v1a' });
    expectSigned(request);
    expect(signed(request, 'v1').signatures).toEqual([]);
    expect(Object.keys(request.headers).filter((name) => name.includes('hmac'))).toEqual([]);
  });

  it('The body of a listener that selects fields is signed as it is sent', async () => {
    const request = await receive({ signature: 'both', select: ['name'] });
    expectSigned(request);
    expect(verify(request.headers, request.raw, newest.publicKey).body).toEqual({
      name: 'Jörg 😀',
    });
  });

  it('A batch is signed as one request', async () => {
    const batch = { maxEvents: 2, maxWaitMs: 60_000 };
    const request = await receive({ signature: 'v1a', batch }, 2);
    expectSigned(request);
    expect(verify(request.headers, request.raw, newest.publicKey).body).toHaveLength(2);
  });

  it('A test event, a retried delivery and a shown request are signed by the keys', async () => {
    const { listener, receiver } = await flow.listen(undefined, { signature: 'v1a' });
    await flow.hooks.listeners.test(listener.id);
    await flow.savePeople(1);
    const [test, first] = await receiver.waitFor(2);
    await flow.hooks.idle();
    const id = String(first?.headers['webhook-id']);
    await flow.hooks.deliveries.retry(id);
    const [, , again] = await receiver.waitFor(3);
    for (const request of [test, first, again]) expectSigned(request as Received);
    await flow.hooks.idle();
    const shown = await flow.hooks.deliveries.request(id);
    expect(shown?.headers).not.toHaveProperty('hook-hmac');
    expect(verify(shown?.headers ?? {}, shown?.body ?? '', old.publicKey).id).toBe(id);
  });
});

describe('a listener with both signatures', () => {
  it('A delivery is verified by the secret with the libraries of Standard Webhooks, and by the keys', async () => {
    const { listener, receiver } = await flow.listen(undefined, { signature: 'both' });
    await flow.savePeople(1);
    const [request] = (await receiver.waitFor(1)) as [Received];
    expectSigned(request);
    const sent = request.headers as Record<string, string>;
    const { secret = '' } = listener;
    for (const webhook of [new Webhook(secret), new SvixWebhook(secret)])
      expect(webhook.verify(request.raw.toString(), sent)).toBeDefined();
    expect(sent).toHaveProperty('hook-hmac');
  });
});

describe('/.well-known/webhook-keys', () => {
  const app = () => adminApp(flow.hooks, { basePath: '/hooks', authenticate: () => null });
  const ask = (headers = {}) =>
    app().fetch(new Request('https://a.example/hooks/.well-known/webhook-keys', { headers }));

  it('Everybody can read the public keys, and caches can keep them', async () => {
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await answer.json()).toEqual({
      keys: ['newest', 'old'].map((kid, n) => ({
        ...{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', kid },
        x: flow.hooks.publicKeys[n]?.x,
      })),
    });
    const known = await ask({ 'if-none-match': answer.headers.get('etag') });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });

  it('Scripts of all sites may read the public keys, and nothing else of the app', async () => {
    const read = ({ headers }: Response) => ({
      origin: headers.get('access-control-allow-origin'),
      policy: headers.get('cross-origin-resource-policy'),
    });
    expect(read(await ask())).toEqual({ origin: '*', policy: 'cross-origin' });
    for (const path of ['/hooks/', '/hooks/api/listeners', '/hooks/.well-known/other']) {
      const answer = await app().fetch(new Request(`https://a.example${path}`));
      expect(read(answer)).toEqual({ origin: null, policy: 'same-origin' });
    }
  });

  it('Requests beyond the limit are refused', async () => {
    const limited = adminApp(flow.hooks, { requestsPerMinute: 1, authenticate: () => null });
    const request = () => new Request('https://a.example/.well-known/webhook-keys');
    expect((await limited.fetch(request())).status).toBe(200);
    const refused = await limited.fetch(request());
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('A receiver verifies deliveries by the keys that it reads there', async () => {
    const request = await receive({ signature: 'v1a' });
    const source = jwks('https://a.example/hooks/.well-known/webhook-keys', {
      fetch: (url) => app().fetch(new Request(url)),
    });
    const { event } = await verify(request.headers, request.raw, source);
    expect(event).toBe('person.created');
    await expect(verify(request.headers, `${request.raw} `, source)).rejects.toThrow(
      expect.objectContaining({ reason: 'signature-mismatch' }),
    );
  });
});

describe('a process without signingKeys', () => {
  it('A listener that wants v1a is refused when it is saved or updated', async () => {
    const plain = await Flow.start({});
    try {
      const invalid = expect.objectContaining({
        code: 'LISTENER_INVALID',
        fields: { signature: [expect.stringContaining('signingKeys')] },
      });
      for (const signature of ['v1a', 'both'] as const)
        await expect(plain.listenAt('https://a.example', { signature })).rejects.toThrow(invalid);
      const { id } = await plain.listenAt('https://a.example');
      await expect(plain.hooks.listeners.update(id, { signature: 'v1a' })).rejects.toThrow(invalid);
      expect(await plain.listenAt('https://b.example', { signature: null as never })).toMatchObject(
        {
          signature: 'v1',
        },
      );
      expect(plain.hooks.publicKeys).toEqual([]);
    } finally {
      await plain.stop();
    }
  });

  it('A process without keys updates a listener that keeps its signature', async () => {
    const { id } = await flow.listenAt('https://a.example', { signature: 'v1a' });
    const { listeners } = (await flow.beside({ work: false })).hooks;
    const changed = await listeners.update(id, { url: 'https://b.example' });
    expect(changed).toMatchObject({ target: 'https://b.example', signature: 'v1a' });
    await listeners.update(id, { signature: 'v1a', config: { a: 1 } });
    await expect(listeners.update(id, { signature: 'both' })).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
    });
    expect(await listeners.update(id, { signature: 'v1' })).toMatchObject({ signature: 'v1' });
  });

  it('A delivery waits for a process that has the keys, and is not sent without its signature', async () => {
    const { receiver, listener } = await flow.listen(undefined, { signature: 'both' });
    await flow.hooks.detach();
    const plain = await flow.beside();
    await flow.savePeople(1);
    await plain.hooks.idle();
    const { items } = await plain.hooks.deliveries.find({ listener: listener.id });
    expect(items).toEqual([
      expect.objectContaining({
        status: 'waiting',
        reason: expect.stringContaining('signingKeys'),
      }),
    ]);
    expect(receiver.received).toEqual([]);
  });
});
