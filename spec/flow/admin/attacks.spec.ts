import { AdminFlow, type ListenerAnswer } from '../../support/application/admin-flow';
import { until } from '../../support/application/waiting';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

interface Operation {
  readonly method: string;
  /** With `{id}` in it, or not. */
  readonly path: string;
  readonly hasBody: boolean;
  readonly needsMatch: boolean;
}

let flow: AdminFlow;
let receiver: Receiver;
let operations: readonly Operation[];
let listener: ListenerAnswer;
let etag: string;
let delivery: string;

beforeAll(async () => {
  flow = await AdminFlow.startAdmin();
  receiver = await startReceiver();
  operations = await operationsIn();
  const answer = await flow.as('acme').json('POST', '/api/listeners', {
    hook: 'parcel',
    url: `${receiver.url}/hook`,
  });
  listener = answer.json as ListenerAnswer;
  etag = answer.headers.get('etag') ?? '';
  await flow.saveParcel();
  await flow.hooks.idle();
  const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
  delivery = items[0]?.id ?? '';
});
afterAll(async () => {
  await receiver.close();
  await flow.stop();
});

/** Every route, as the API itself describes them. */
async function operationsIn(): Promise<readonly Operation[]> {
  const { json } = await flow.as('operator').get('/api/openapi.json');
  const { paths } = json as {
    paths: Record<string, Record<string, { requestBody?: object; parameters: { name: string }[] }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, parameters }]) => ({
      method: method.toUpperCase(),
      path,
      hasBody: requestBody !== undefined,
      needsMatch: parameters.some(({ name }) => name === 'If-Match'),
    })),
  );
}

function urlOf({ path }: Operation): string {
  const id = path.startsWith('/deliveries') ? delivery : listener.id;
  return `/api${path.replace('{id}', id)}`;
}

const called = ({ method, path }: Operation) => `${method} ${path}`;

/** The body that each route would accept. */
function bodyOf({ path, hasBody }: Operation): unknown {
  if (!hasBody) return undefined;
  if (path === '/listeners') return { hook: 'parcel', url: `${receiver.url}/other` };
  if (path.endsWith('/pause')) return { reason: 'an attack' };
  if (path === '/listeners/{id}') return { url: `${receiver.url}/stolen` };
  return {};
}

/** What each route answers to one visitor, by route. */
async function statuses(
  who: string | null,
  chosen: readonly Operation[],
  headers: Record<string, string> = {},
): Promise<Record<string, number>> {
  const entries: [string, number][] = [];
  for (const one of chosen) {
    const match: Record<string, string> = one.needsMatch ? { 'if-match': etag } : {};
    const answer = await flow
      .as(who)
      .json(one.method, urlOf(one), bodyOf(one), { ...match, ...headers });
    entries.push([called(one), answer.status]);
  }
  return Object.fromEntries(entries);
}

function all(chosen: readonly Operation[], status: number): Record<string, number> {
  return Object.fromEntries(chosen.map((one) => [called(one), status]));
}

/** The listener of acme as it was before every attack. */
async function expectUntouched(): Promise<void> {
  const now = await flow.as('operator').get(`/api/listeners/${listener.id}`);
  expect(now.headers.get('etag')).toBe(etag);
  expect(receiver.received).toHaveLength(1);
}

describe('the API under attack', () => {
  afterEach(() => expectUntouched());

  it('The description names every kind of route', () => {
    expect(operations.length).toBeGreaterThan(14);
    expect(new Set(operations.map(({ method }) => method))).toEqual(
      new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    );
  });

  it('Every route refuses a request without a principal', async () => {
    expect(await statuses(null, operations)).toEqual(all(operations, 401));
  });

  it('Every route with an id hides what belongs to another owner', async () => {
    const withId = operations.filter(({ path }) => path.includes('{id}'));
    expect(await statuses('evil', withId)).toEqual(all(withId, 404));
  });

  it.each<{ what: string; headers: Record<string, string> }>([
    { what: 'of another origin', headers: { origin: 'https://evil.example' } },
    { what: 'of a sandboxed frame', headers: { origin: 'null' } },
    { what: 'from another site', headers: { 'sec-fetch-site': 'cross-site' } },
    { what: 'from another host of the site', headers: { 'sec-fetch-site': 'same-site' } },
    {
      what: 'from another site with a forged origin',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'http://admin.test' },
    },
  ])('Every route that changes something refuses a request $what', async ({ headers }) => {
    const changing = operations.filter(({ method }) => method !== 'GET');
    expect(await statuses('operator', changing, headers)).toEqual(all(changing, 403));
  });

  it.each<{ what: string; body: string; type?: string; status: number }>([
    { what: 'text that is no JSON', body: '{"url":', status: 400 },
    { what: 'a list', body: '[1]', status: 422 },
    { what: 'null', body: 'null', status: 422 },
    { what: 'a deep nesting', body: '['.repeat(100_000), status: 400 },
    { what: 'deep JSON', body: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, status: 400 },
    { what: 'too many bytes', body: JSON.stringify({ url: 'x'.repeat(300_000) }), status: 413 },
    { what: 'a member that cannot be set', body: '{"dynamic":true}', status: 422 },
    { what: 'the member __proto__', body: '{"__proto__":{"role":"operator"}}', status: 422 },
    { what: 'JSON as a text', body: '{}', type: 'text/plain', status: 403 },
    { what: 'JSON as a form', body: '{}', type: 'application/x-www-form-urlencoded', status: 403 },
    { what: 'JSON as XML', body: '{}', type: 'application/xml', status: 415 },
  ])('Every route with a body refuses $what', async ({ body, type, status }) => {
    const bodied = operations.filter(({ hasBody }) => hasBody);
    const found: [string, number][] = [];
    for (const one of bodied) {
      const headers = { 'content-type': type ?? 'application/json', 'if-match': etag };
      const answer = await flow.as('acme').send(one.method, urlOf(one), { body, headers });
      found.push([called(one), answer.status]);
    }
    expect(Object.fromEntries(found)).toEqual(all(bodied, status));
    expect(Object.prototype).not.toHaveProperty('role');
  });

  it('A body without a length is cut at the limit', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(65_536, '1')),
    });
    const headers = { 'content-type': 'application/json' };
    const init = { body, headers, duplex: 'half' } as RequestInit;
    expect(await flow.as('acme').send('POST', '/api/listeners', init)).toMatchObject({
      status: 413,
    });
  });

  it.each<{ what: string; body: Record<string, unknown>; status: number }>([
    { what: 'another owner', body: { owner: 'rich' }, status: 403 },
    { what: 'no owner', body: { owner: null }, status: 403 },
    { what: 'a handler', body: { handler: 'audit' }, status: 403 },
    { what: 'a handler as a URL', body: { url: 'handler:audit' }, status: 403 },
    { what: 'a handler in other letters', body: { url: 'HANDLER:audit' }, status: 403 },
    { what: 'a state', body: { active: false }, status: 422 },
    { what: 'an identity', body: { identity: 'x' }, status: 422 },
    { what: 'a secret', body: { secret: 'whsec_x' }, status: 422 },
    { what: 'a forbidden address', body: { url: 'http://169.254.169.254/' }, status: 422 },
  ])('An owner cannot give a listener $what', async ({ body, status }) => {
    for (const method of ['PATCH', 'PUT']) {
      const whole = method === 'PUT' && !('handler' in body) ? { url: 'http://x.example/' } : {};
      const answer = await flow
        .as('acme')
        .json(method, `/api/listeners/${listener.id}`, { ...whole, ...body }, { 'if-match': etag });
      expect([method, answer.status]).toEqual([method, status]);
    }
  });

  it('An owner that creates a listener owns it', async () => {
    for (const owner of ['rich', null]) {
      const body = { hook: 'parcel', url: `${receiver.url}/o`, owner };
      const answer = await flow.as('acme').json('POST', '/api/listeners', body);
      expect([owner, answer.status]).toEqual([owner, 403]);
    }
    const own = await flow
      .as('poor')
      .json('POST', '/api/listeners', { hook: 'parcel', url: `${receiver.url}/o` });
    expect(own).toMatchObject({ status: 201, json: { owner: 'poor' } });
    await flow.hooks.listeners.remove((own.json as ListenerAnswer).id);
  });

  it.each(['listeners', 'listeners?owner=acme', 'deliveries', 'deliveries?event=parcel.created'])(
    'The list %s is empty for another owner',
    async (list) => {
      const { json } = await flow.as('evil').get(`/api/${list}`);
      expect(json).toEqual({ items: [], nextCursor: null });
    },
  );

  it('The list of deliveries is empty for another owner, whatever it names', async () => {
    for (const query of [`listener=${listener.id}`, `event=${delivery}`]) {
      const { json } = await flow.as('evil').get(`/api/deliveries?${query}`);
      expect(json).toEqual({ items: [], nextCursor: null });
    }
  });

  it('A replay of another owner sends nothing', async () => {
    for (const body of [{}, { listener: listener.id }, { status: 'done' }]) {
      const answer = await flow.as('evil').json('POST', '/api/replay', body);
      expect(answer).toMatchObject({ status: 200, json: { count: 0, cursor: null } });
    }
  });

  it('The catalogue and the statistics of an owner show nothing of others', async () => {
    const { json } = await flow.as('evil').get('/api/events');
    const { items } = json as { items: { hook: string }[] };
    expect(items.map(({ hook }) => hook)).toEqual(['parcel']);
    const stats = await flow.as('evil').get('/api/stats');
    expect(Object.keys(stats.json as object)).toEqual(['history']);
    const { history } = stats.json as { history: { buckets: { done: number; events: number }[] } };
    expect(history.buckets.every(({ done, events }) => done + events === 0)).toBe(true);
  });

  it.each([
    '/api/../api/listeners/..%2f..%2fetc%2fpasswd',
    '/api/listeners/%2e%2e%2f%2e%2e',
    '/api/listeners/%00',
    "/api/listeners/' OR 1=1",
    '/api/deliveries/%ff',
    '/assets/..%2fpage.tsx',
    '/assets/%2e%2e/options.ts',
    '/assets/../../package.json',
    '/api/nothing',
  ])('The path %s leads nowhere', async (path) => {
    expect(await flow.as('operator').get(path)).toMatchObject({ status: 404 });
  });

  it('A method that a route does not have is named', async () => {
    const answer = await flow.as('operator').json('DELETE', '/api/listeners', undefined);
    expect(answer).toMatchObject({ status: 405 });
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD');
  });

  it('Every answer has the security headers', async () => {
    for (const path of ['/', '/api/listeners', '/api/nothing', '/nothing', '/assets/page.css']) {
      const { headers } = await flow.as('operator').get(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('Too many requests of one principal wait, and others do not', async () => {
    const app = flow.appWith({ requestsPerMinute: 3 });
    const seen: number[] = [];
    for (let n = 0; n < 5; n += 1)
      seen.push((await flow.as('acme', app).get('/api/listeners')).status);
    expect(seen).toEqual([200, 200, 200, 429, 429]);
    const refused = await flow.as('acme', app).get('/api/listeners');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await flow.as('evil', app).get('/api/listeners')).toMatchObject({ status: 200 });
  });
});

describe('what `authenticate` returns', () => {
  const logger = { error: jest.fn() };

  it.each<{ what: string; returned: unknown; status: number }>([
    { what: 'null', returned: null, status: 401 },
    { what: 'undefined', returned: undefined, status: 401 },
    { what: 'true', returned: true, status: 500 },
    { what: 'an unknown role', returned: { role: 'admin' }, status: 500 },
    { what: 'an owner without a name', returned: { role: 'owner' }, status: 500 },
    { what: 'an owner with an empty name', returned: { role: 'owner', owner: '' }, status: 500 },
    { what: 'an operator', returned: { role: 'operator' }, status: 200 },
  ])('The answer is $status for $what', async ({ returned, status }) => {
    const app = flow.appWith({ authenticate: () => returned as never, logger });
    expect(await flow.as(null, app).get('/api/listeners')).toMatchObject({ status });
  });

  it('An error is logged, and its text is not shown', async () => {
    const authenticate = () => Promise.reject(new RangeError('the password is swordfish'));
    const app = flow.appWith({ authenticate, logger });
    const answer = await flow.as(null, app).get('/api/listeners');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('swordfish');
    expect(logger.error).toHaveBeenCalledTimes(5);
  });

  it('The body stays readable after it was read to authenticate', async () => {
    const app = flow.appWith({
      authenticate: async (request) =>
        (await request.text()).length > 0 ? { role: 'operator' } : null,
    });
    const body = { hook: 'parcel', url: 'http://127.0.0.1:9/read' };
    const answer = await flow.as(null, app).json('POST', '/api/listeners', body);
    expect(answer).toMatchObject({ status: 201 });
    await flow.hooks.listeners.remove((answer.json as ListenerAnswer).id);
  });
});

describe('the page under attack', () => {
  const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';

  it.each(['/', '/events', '/listeners', '/deliveries', '/replay', '/check'])(
    'The page %s refuses a request without a principal',
    async (path) => {
      expect(await flow.as(null).get(path)).toMatchObject({ status: 401 });
    },
  );

  it('Forms without an origin and forms of other origins change nothing', async () => {
    const own = `/listeners/${listener.id}`;
    const paths = [own, `${own}/pause`, `${own}/resume`, `${own}/remove`, `${own}/rotate-secret`];
    const others = ['/listeners', '/replay', '/deliveries/retry', `/deliveries/${delivery}/retry`];
    for (const path of [...paths, ...others])
      for (const origin of ['', 'https://evil.example', 'null']) {
        const answer = await flow
          .as('operator')
          .form(path, { reason: 'x', etag }, origin === '' ? { origin: '' } : { origin });
        expect([path, origin, answer.status]).toEqual([path, origin, 403]);
      }
    await expectUntouched();
  });

  it('Forms of another owner find nothing', async () => {
    const own = `/listeners/${listener.id}`;
    const gets = [own, `${own}/edit`, `/deliveries/${delivery}`];
    for (const path of gets) expect((await flow.as('evil').get(path)).status).toBe(404);
    const posts = [own, 'pause', 'resume', 'remove', 'rotate-secret', 'test'].map((action) =>
      action === own ? own : `${own}/${action}`,
    );
    const values = { reason: 'x', etag, url: 'http://evil.example/', hook: 'parcel' };
    for (const path of [...posts, `/deliveries/${delivery}/retry`])
      expect([path, (await flow.as('evil').form(path, values)).status]).toEqual([path, 404]);
    const bulk = await flow.as('evil').form('/deliveries/retry', [['id', delivery]]);
    expect(bulk.status).toBe(404);
    await expectUntouched();
  });

  it('No text of a stranger becomes markup', async () => {
    const hostile = await startReceiver((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/html' }).end(EVIL);
    });
    const saved = await flow.hooks
      .get('parcel')
      .listener({
        url: `${hostile.url}/${encodeURIComponent(EVIL)}?q=${EVIL}`,
        owner: 'acme',
        key: EVIL,
        headers: { 'X-Evil': EVIL },
        config: { [EVIL]: EVIL },
        delivery: { retries: 0 },
      })
      .match({ name: EVIL })
      .save();
    await flow.hooks.listeners.pause(saved.id, EVIL);
    const paused = await flow.as('operator').get(`/listeners/${saved.id}`);
    await flow.hooks.listeners.resume(saved.id);
    await flow.saveParcel({ name: EVIL });
    await until('it is tried', async () => {
      const { items } = await flow.hooks.deliveries.find({ listener: saved.id });
      return items[0]?.attempt === 1;
    });
    const { items } = await flow.hooks.deliveries.find({ listener: saved.id });
    const pages = [
      '/',
      '/listeners',
      `/listeners?url=${encodeURIComponent(EVIL)}`,
      `/listeners/${saved.id}`,
      `/listeners/${saved.id}/edit`,
      `/listeners/new?hook=${encodeURIComponent(EVIL)}`,
      '/deliveries',
      `/deliveries?event=${encodeURIComponent(EVIL)}&status=${encodeURIComponent(EVIL)}`,
      `/deliveries/${items[0]?.id}`,
      `/replay?listener=${encodeURIComponent(EVIL)}`,
    ];
    const texts = [paused.text];
    for (const path of pages) texts.push((await flow.as('operator').get(path)).text);
    const form = { body: EVIL, headers: `X: ${EVIL}`, secret: EVIL };
    texts.push((await flow.as('operator').form('/check', form)).text);
    const preview = { hook: 'parcel', 'operator:name': 'is', 'value:name': EVIL };
    texts.push((await flow.as('operator').form('/listeners/preview', preview)).text);
    for (const text of texts) {
      expect(text).not.toMatch(/<script>|<img/);
      expect(text).not.toMatch(/="[^"]*"><script/);
    }
    expect(texts.join('')).toContain('&lt;script&gt;');
    await flow.hooks.listeners.remove(saved.id);
    await hostile.close();
  });

  it('What is not provided is on no page', async () => {
    await flow.saveParcel({ shop: 'acme' });
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    const page = await flow.as('acme').get(`/deliveries/${items[0]?.id}`);
    expect(page.text).not.toContain('shop');
  });
});
