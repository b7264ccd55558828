import { verify } from '../../../lib/receiver';
import {
  AdminFlow,
  type Answered,
  type ListenerAnswer,
} from '../../support/application/admin-flow';
import { until } from '../../support/application/waiting';
import { startReceiver } from '../../support/receivers/receiver';

let flow: AdminFlow;
beforeAll(async () => {
  flow = await AdminFlow.startAdmin({ basePath: '/hooks' });
});
afterEach(() => flow.clear());
afterAll(() => flow.stop());

const TARGET = 'http://127.0.0.1:9/hook';

function listenerIn({ json }: Answered): ListenerAnswer {
  return json as ListenerAnswer;
}

async function created(
  body: Record<string, unknown> = {},
  who = 'operator',
): Promise<{ readonly listener: ListenerAnswer; readonly etag: string }> {
  const answer = await flow
    .as(who)
    .json('POST', '/hooks/api/listeners', { hook: 'parcel', url: TARGET, ...body });
  expect(answer).toMatchObject({ status: 201 });
  return { listener: listenerIn(answer), etag: answer.headers.get('etag') ?? '' };
}

describe('POST /listeners', () => {
  it('A new listener comes with its secret, its entity tag and its place', async () => {
    const answer = await flow.as('operator').json('POST', '/hooks/api/listeners', {
      hook: 'parcel',
      url: TARGET,
      operations: ['insert', 'update'],
      match: { name: { startsWith: 'B' }, weight: 3, state: { not: { oneOf: ['lost'] } } },
      headers: { 'X-Plain': 'one', 'X-Hidden': { secret: 'two' } },
      owner: 'acme',
      key: 'first',
      config: { color: 'red' },
      ordered: true,
      maxPerSecond: 5,
      select: ['name'],
    });
    const listener = listenerIn(answer);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toContain(listener.id);
    expect(answer.json).toMatchObject({
      hook: 'parcel',
      url: TARGET,
      operations: ['insert', 'update'],
      match: { name: { startsWith: 'B' }, weight: 3, state: { not: { oneOf: ['lost'] } } },
      headers: { 'X-Plain': 'one', 'X-Hidden': { secret: null } },
      owner: 'acme',
      key: 'first',
      config: { color: 'red' },
      ordered: true,
      maxPerSecond: 5,
      select: ['name'],
      active: true,
      inactiveReason: null,
      secret: expect.stringMatching(/^whsec_/),
    });
    const read = await flow.as('operator').get(`/hooks/api/listeners/${listener.id}`);
    const { secret: _secret, ...others } = listener;
    expect(read.json).toEqual(others);
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  it('A listener by event names needs no hook', async () => {
    const answer = await flow
      .as('operator')
      .json('POST', '/hooks/api/listeners', { pattern: 'parcel.*', url: TARGET });
    expect(answer).toMatchObject({ status: 201, json: { pattern: 'parcel.*' } });
    expect(answer.json).not.toHaveProperty('hook');
  });

  it('A listener of an operator can have a handler', async () => {
    const { listener } = await created({ url: undefined, handler: 'audit' });
    expect(listener).toMatchObject({ handler: 'audit' });
    expect(listener).not.toHaveProperty('url');
  });

  it('A listener that exists is not changed, and the answer names it', async () => {
    const { listener } = await created({ replies: true });
    const again = await flow
      .as('operator')
      .json('POST', '/hooks/api/listeners', { hook: 'parcel', url: TARGET, replies: false });
    expect(again).toMatchObject({
      status: 409,
      json: { status: 409, code: 'LISTENER_EXISTS', id: listener.id },
    });
    expect((await flow.hooks.listeners.get(listener.id))?.replies).toBe(true);
  });

  it.each<{ what: string; body: Record<string, unknown>; path: string }>([
    { what: 'an unknown member', body: { active: false }, path: 'active' },
    { what: 'a member that only answers have', body: { id: 'x' }, path: 'id' },
    { what: 'a hook that is not attached', body: { hook: 'nothing' }, path: 'hook' },
    { what: 'neither a hook nor a pattern', body: { hook: undefined }, path: 'hook' },
    { what: 'a URL that is none', body: { url: 'nowhere' }, path: 'url' },
    { what: 'a URL beside a handler', body: { handler: 'audit' }, path: 'url' },
    { what: 'a field that is not provided', body: { match: { shop: 'x' } }, path: 'match.shop' },
    { what: 'an operand of another type', body: { match: { weight: 'x' } }, path: 'match.weight' },
    { what: 'a reserved header', body: { headers: { Host: 'x' } }, path: 'headers' },
    {
      what: 'an operation that does not exist',
      body: { operations: ['fly'] },
      path: 'operations.0',
    },
    { what: 'a digest that does not exist', body: { digest: 'md5' }, path: 'digest' },
  ])('The answer to $what names its place', async ({ body, path }) => {
    const answer = await flow
      .as('operator')
      .json('POST', '/hooks/api/listeners', { hook: 'parcel', url: TARGET, ...body });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.json).toMatchObject({
      type: 'about:blank',
      status: 422,
      errors: [{ path, pointer: `#/${path.replaceAll('.', '/')}`, detail: expect.any(String) }],
    });
  });
});

describe('editing', () => {
  it('PATCH changes what it names, and null resets it', async () => {
    const { listener, etag } = await created({ format: 'envelope', key: 'k', maxPerSecond: 3 });
    const patch = { format: null, match: { name: 'Pens' }, operations: ['remove'] };
    const answer = await flow
      .as('operator')
      .json('PATCH', `/hooks/api/listeners/${listener.id}`, patch, { 'if-match': etag });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        format: null,
        match: { name: 'Pens' },
        operations: ['remove'],
        key: 'k',
        maxPerSecond: 3,
      },
    });
    expect(answer.headers.get('etag')).not.toBe(etag);
    expect(answer.json).not.toHaveProperty('secret');
  });

  it('PUT resets what it leaves out, and keeps the secret', async () => {
    const receiver = await startReceiver();
    const { listener, etag } = await created({ format: 'envelope', headers: { 'X-A': 'a' } });
    const whole = { hook: 'parcel', url: `${receiver.url}/put` };
    const path = `/hooks/api/listeners/${listener.id}`;
    const answer = await flow.as('operator').json('PUT', path, whole, { 'if-match': etag });
    expect(answer).toMatchObject({
      status: 200,
      json: { url: `${receiver.url}/put`, format: null, headers: {}, match: {} },
    });
    await flow.saveParcel();
    const [received] = await receiver.waitFor(1);
    verify(received?.headers ?? {}, received?.raw ?? '', listener.secret ?? '');
    await receiver.close();
  });

  it('A header that is read as a secret keeps it when it is written back', async () => {
    const receiver = await startReceiver();
    const { listener, etag } = await created({
      url: receiver.url,
      headers: { 'X-Hidden': { secret: 'two' } },
    });
    const patch = { headers: { 'X-Hidden': { secret: null }, 'X-New': 'n' } };
    const path = `/hooks/api/listeners/${listener.id}`;
    await flow.as('operator').json('PATCH', path, patch, { 'if-match': etag });
    await flow.saveParcel();
    const [received] = await receiver.waitFor(1);
    expect(received?.headers).toMatchObject({ 'x-hidden': 'two', 'x-new': 'n' });
    await receiver.close();
  });

  it.each(['PATCH', 'PUT', 'DELETE'])('%s needs a current entity tag', async (method) => {
    const { listener, etag } = await created();
    const path = `/hooks/api/listeners/${listener.id}`;
    const body = method === 'DELETE' ? undefined : { url: `${TARGET}/3` };
    const send = (headers: Record<string, string>) =>
      flow.as('operator').json(method, path, body, headers);
    expect(await send({})).toMatchObject({ status: 428 });
    expect(await send({ 'if-match': '"stale"' })).toMatchObject({ status: 412 });
    expect((await flow.hooks.listeners.get(listener.id))?.target).toBe(TARGET);
    expect((await send({ 'if-match': etag })).status).toBe(method === 'DELETE' ? 204 : 200);
  });

  it('One of several edits of the same state wins', async () => {
    const { listener, etag } = await created();
    const edit = (name: string) =>
      flow
        .as('operator')
        .json(
          'PATCH',
          `/hooks/api/listeners/${listener.id}`,
          { match: { name } },
          { 'if-match': etag },
        );
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(edit));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });

  it('The hook of a listener cannot be changed', async () => {
    const { listener, etag } = await created();
    const path = `/hooks/api/listeners/${listener.id}`;
    const answer = await flow
      .as('operator')
      .json('PATCH', path, { hook: 'person' }, { 'if-match': etag });
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ path: 'hook' }] } });
  });
});

describe('lists', () => {
  it('Listeners come in pages', async () => {
    for (const n of [1, 2, 3]) await created({ url: `${TARGET}/${n}` });
    const seen: (string | undefined)[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { json } = await flow.as('operator').get(`/hooks/api/listeners?limit=2${more}`);
      const page = json as { items: ListenerAnswer[]; nextCursor: string | null };
      seen.push(...page.items.map(({ url }) => url));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([3, 2, 1].map((n) => `${TARGET}/${n}`));
  });

  it.each(['limit=0', 'limit=x', 'cursor=x', 'active=maybe', 'nothing=1'])(
    'A list refuses the query %s',
    async (query) => {
      const answer = await flow.as('operator').get(`/hooks/api/listeners?${query}`);
      expect(answer).toMatchObject({
        status: 422,
        json: { errors: [{ path: query.split('=')[0] }] },
      });
    },
  );

  it('The catalogue names hooks, fields, operators and samples', async () => {
    const { json } = await flow.as('operator').get('/hooks/api/events');
    const { items } = json as { items: { hook: string; fields: { path: string }[] }[] };
    const parcel = items.find(({ hook }) => hook === 'parcel');
    expect(items.map(({ hook }) => hook)).toEqual(expect.arrayContaining(['parcel', 'person']));
    expect(parcel).toMatchObject({
      title: 'Parcel',
      description: 'A parcel of a shop.',
      events: expect.arrayContaining([
        {
          name: 'parcel.created',
          sample: expect.objectContaining({ weight: 1, state: 'packed' }),
          schema: expect.objectContaining({
            type: 'object',
            properties: expect.objectContaining({
              weight: { type: 'number' },
              price: { type: ['string', 'null'] },
              state: { enum: ['packed', 'sent', 'lost'] },
              sentAt: { type: ['string', 'null'], format: 'date-time' },
            }),
          }),
        },
      ]),
    });
    const state = parcel?.fields.find(({ path }) => path === 'state');
    expect(state).toMatchObject({
      kind: 'text',
      members: ['packed', 'sent', 'lost'],
      isList: false,
    });
  });
});

describe('actions', () => {
  it('A listener can be paused with a reason, and resumed', async () => {
    const { listener } = await created();
    const path = `/hooks/api/listeners/${listener.id}`;
    const paused = await flow.as('operator').json('POST', `${path}/pause`, { reason: 'holidays' });
    expect(paused).toMatchObject({
      status: 200,
      json: { active: false, inactiveReason: 'holidays' },
    });
    const resumed = await flow.as('operator').json('POST', `${path}/resume`);
    expect(resumed).toMatchObject({ status: 200, json: { active: true, inactiveReason: null } });
  });

  it('A rotated secret is in that answer only', async () => {
    const { listener } = await created();
    const path = `/hooks/api/listeners/${listener.id}`;
    const { json } = await flow
      .as('operator')
      .json('POST', `${path}/rotate-secret`, { graceMs: 1_000 });
    const { secret } = json as ListenerAnswer;
    expect(secret).toMatch(/^whsec_/);
    expect(secret).not.toBe(listener.secret);
    expect((await flow.as('operator').get(path)).text).not.toContain(secret);
  });

  it('A test is sent at once', async () => {
    const receiver = await startReceiver();
    const { listener } = await created({ url: `${receiver.url}/hook` });
    const answer = await flow
      .as('operator')
      .json('POST', `/hooks/api/listeners/${listener.id}/test`);
    expect(answer).toMatchObject({ status: 200, json: { outcome: 'done', httpStatus: 200 } });
    expect(receiver.received[0]?.headers['hook-test']).toBe('1');
    await receiver.close();
  });

  it('A delivery shows its attempts and its request, and is sent again', async () => {
    const receiver = await startReceiver((_request, response) => {
      response.writeHead(200).end('{"status":"failure","reason":"no room"}');
    });
    const { listener } = await created({
      url: `${receiver.url}/hook`,
      headers: { 'X-Hidden': { secret: 'swordfish' } },
    });
    await flow.saveParcel({ name: 'Pens' });
    await flow.hooks.idle();
    const { json } = await flow
      .as('operator')
      .get(`/hooks/api/deliveries?listener=${listener.id}&status=failed`);
    const [delivery] = (json as { items: { id: string }[] }).items;
    const path = `/hooks/api/deliveries/${delivery?.id}`;
    const shown = await flow.as('operator').get(path);
    expect(shown.json).toMatchObject({
      status: 'failed',
      reason: 'no room',
      event: 'parcel.created',
      attempts: [{ number: 1, outcome: 'failed', reason: 'no room', httpStatus: 200 }],
      request: {
        method: 'POST',
        url: `${receiver.url}/hook`,
        body: receiver.received[0]?.raw.toString(),
        headers: { 'hook-event': 'parcel.created', 'x-hidden': '[secret]' },
      },
    });
    expect(shown.text).not.toContain('swordfish');
    expect(await flow.as('operator').json('POST', `${path}/retry`)).toMatchObject({ status: 202 });
    await receiver.waitFor(2);
    expect(receiver.received[1]?.headers['hook-attempt']).toBe('2');
    await receiver.close();
  });

  it('A replay sends deliveries again, in steps', async () => {
    const receiver = await startReceiver();
    const { listener } = await created({ url: `${receiver.url}/hook` });
    for (const name of ['a', 'b', 'c']) await flow.saveParcel({ name });
    await flow.hooks.idle();
    let cursor: string | null = null;
    let count = 0;
    do {
      const body = { listener: listener.id, status: 'done', limit: 2, cursor };
      const answer = await flow.as('operator').json('POST', '/hooks/api/replay', body);
      const step = answer.json as { count: number; cursor: string | null };
      count += step.count;
      cursor = step.cursor;
    } while (cursor !== null);
    expect(count).toBe(3);
    await until('all are sent again', () => receiver.received.length === 6);
    await receiver.close();
  });

  it('The statistics show backlog and history', async () => {
    const { json } = await flow.as('operator').get('/hooks/api/stats');
    expect(json).toMatchObject({
      events: { waiting: expect.any(Number) },
      deliveries: { waiting: expect.any(Number) },
      history: { buckets: expect.any(Array) },
    });
  });
});
