import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JwksOptions, jwks, verify } from 'typeorm-model-hooks/receiver';
import { generateSigningKey } from '../../lib/signing/key-pair';
import { KeyRing } from '../../lib/signing/key-ring';
import { BODY, ID, NOW } from '../support/receivers/signed';

const URL_OF_KEYS = 'https://sender.example/.well-known/webhook-keys';
const first = new KeyRing({ first: generateSigningKey().secretKey });
const second = new KeyRing({ second: generateSigningKey().secretKey });
const options = { now: () => NOW };
const MISMATCH = expect.objectContaining({ reason: 'signature-mismatch' });
const UNAVAILABLE = expect.objectContaining({ code: 'KEYS_UNAVAILABLE' });

function headersBy(ring: KeyRing): Record<string, string> {
  const timestamp = NOW / 1_000;
  const [signature = ''] = ring.signatures({ id: ID, timestamp, body: BODY });
  return {
    'webhook-id': ID,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
  };
}

function answerOf(json: unknown): () => Response {
  return () => Response.json(json);
}

const keysOf = (...rings: readonly KeyRing[]) =>
  answerOf({ keys: rings.flatMap(({ publicKeys }) => publicKeys) });

/** A key source whose clock and answers a spec decides. */
function source(given: JwksOptions = {}) {
  const state = { nowMs: 0, asked: 0, answer: keysOf(first) as () => Response | Promise<Response> };
  const keys = jwks(URL_OF_KEYS, {
    now: () => state.nowMs,
    fetch: async () => {
      state.asked += 1;
      return state.answer();
    },
    ...given,
  });
  return { state, verify: (ring: KeyRing) => verify(headersBy(ring), BODY, keys, options) };
}

describe('jwks', () => {
  it.each<[string, unknown]>([
    ['http to another machine', 'http://sender.example/keys'],
    ['a user name', 'https://joe@sender.example/keys'],
    ['another scheme', 'file:///keys'],
    ['no URL', 'keys'],
    ['nothing', undefined],
  ])('jwks() refuses a URL with %s', (_name, url) => {
    expect(() => jwks(url as string)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'url' }),
    );
  });

  it.each(['http://localhost:1/k', 'http://127.0.0.1/k', 'http://[::1]:8080/k', URL_OF_KEYS])(
    'jwks() accepts %s',
    (url) => {
      expect(jwks(url)).toBeDefined();
    },
  );

  it('Keys are read once for many requests, also for those that come together', async () => {
    const { state, verify: verified } = source();
    await Promise.all([verified(first), verified(first)]);
    await verified(first);
    expect(state.asked).toBe(1);
  });

  it('Keys are read again when they are old', async () => {
    const { state, verify: verified } = source();
    await verified(first);
    state.nowMs = 600_001;
    await verified(first);
    expect(state.asked).toBe(2);
  });

  it('A signature of a new key makes the source read the keys again', async () => {
    const { state, verify: verified } = source();
    await verified(first);
    state.answer = keysOf(second, first);
    state.nowMs = 30_000;
    expect((await verified(second)).id).toBe(ID);
    expect(state.asked).toBe(2);
  });

  it('Forged signatures make at most one request in minDelayMs', async () => {
    const { state, verify: verified } = source({ minDelayMs: 1_000 });
    for (state.nowMs = 0; state.nowMs < 3_000; state.nowMs += 100)
      await expect(verified(second)).rejects.toThrow(MISMATCH);
    expect(state.asked).toBe(3);
  });

  it('A request that cannot be valid makes no request', async () => {
    let asked = 0;
    const keys = jwks(URL_OF_KEYS, {
      fetch: async () => {
        asked += 1;
        return keysOf(first)();
      },
    });
    const late = { now: () => NOW + 400_000 };
    await expect(verify(headersBy(first), BODY, keys, late)).rejects.toThrow(
      expect.objectContaining({ reason: 'timestamp-too-old' }),
    );
    await expect(
      verify({ ...headersBy(first), 'webhook-signature': 'v1,abc=' }, BODY, keys, options),
    ).rejects.toThrow(MISMATCH);
    expect(asked).toBe(0);
  });

  it('Keys that were read are used while the URL cannot be read, but not for longer than maxStaleMs', async () => {
    const { state, verify: verified } = source({ maxStaleMs: 1_000_000 });
    await verified(first);
    state.answer = () => Response.error();
    state.nowMs = 700_000;
    expect((await verified(first)).id).toBe(ID);
    state.nowMs = 1_000_001;
    await expect(verified(first)).rejects.toThrow(UNAVAILABLE);
  });

  it('A key that was removed is refused when the keys are read again', async () => {
    const { state, verify: verified } = source();
    await verified(first);
    state.answer = keysOf(second);
    state.nowMs = 600_001;
    await expect(verified(first)).rejects.toThrow(MISMATCH);
  });

  const [jwk] = first.publicKeys;
  it.each<[string, () => Response | Promise<Response>]>([
    ['a status other than 200', () => Response.json({ keys: first.publicKeys }, { status: 500 })],
    ['no JSON', () => new Response('<html>')],
    ['JSON without keys', answerOf([])],
    ['too many keys', answerOf({ keys: Array(17).fill(jwk) })],
    ['too many bytes', answerOf({ keys: first.publicKeys, padding: 'x'.repeat(70_000) })],
    ['an error', () => Promise.reject(new TypeError('fetch failed'))],
    ['nothing in time', () => new Promise(() => undefined)],
  ])('A URL that answers with %s gives KEYS_UNAVAILABLE', async (_name, answer) => {
    const { state, verify: verified } = source({ timeoutMs: 20 });
    state.answer = answer;
    await expect(verified(first)).rejects.toThrow(UNAVAILABLE);
    await expect(verified(first)).rejects.toThrow(UNAVAILABLE);
    expect(state.asked).toBe(1);
  });

  it.each<[string, object]>([
    ['for encryption', { use: 'enc' }],
    ['of another curve', { crv: 'X25519' }],
    ['of another kind', { kty: 'oct', k: 'AAAA' }],
    ['for another algorithm', { alg: 'HS256' }],
    ['that is cut', { x: jwk?.x.slice(1) }],
    ['of zeros', { x: Buffer.alloc(32).toString('base64url') }],
    ['that is no text', { x: 1 }],
  ])('A key %s is left out', async (_name, changes) => {
    const { state, verify: verified } = source();
    state.answer = answerOf({ keys: [null, 'x', { ...jwk, ...changes }] });
    await expect(verified(first)).rejects.toThrow(MISMATCH);
  });
});

describe('jwks over HTTP', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function serving(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }

  it('Keys are read from a server of this machine', async () => {
    const text = JSON.stringify({ keys: first.publicKeys });
    const url = await serving((_request, response) => response.end(text));
    expect((await verify(headersBy(first), BODY, jwks(url), options)).id).toBe(ID);
  });

  it('A redirect is not followed', async () => {
    let asked = 0;
    const there = await serving((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: first.publicKeys }));
    });
    const url = await serving((_request, response) =>
      response.writeHead(302, { location: there }).end(),
    );
    await expect(verify(headersBy(first), BODY, jwks(url), options)).rejects.toThrow(UNAVAILABLE);
    expect(asked).toBe(0);
  });
});
