import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { BODY_FORMATS } from '../../../lib/options/body-format';
import {
  AdminFlow,
  type Answered,
  type ListenerAnswer,
} from '../../support/application/admin-flow';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';
import { schemaFaults } from '../../support/values/schema-faults';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}

interface Document extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Json;
  readonly components: { readonly schemas: Json };
}

let flow: AdminFlow;
let document: Document;
let receiver: Receiver;
beforeAll(async () => {
  flow = await AdminFlow.startAdmin();
  receiver = await startReceiver();
  document = (await flow.as('operator').get('/api/openapi.json')).json as Document;
});
afterAll(async () => {
  await receiver.close();
  await flow.stop();
});

function faults(schema: Json, value: unknown): readonly string[] {
  return schemaFaults({ ...schema, components: document.components }, value);
}

/** What is wrong with an answer, by what the document says of its route. */
function faultsOf(answer: Answered, method: string, path: string): readonly string[] {
  const { responses } = document.paths[path]?.[method] ?? { responses: {} };
  const response = responses[answer.status];
  if (!response) return [`${method} ${path} answers ${answer.status}, which is not described`];
  const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
  if (!content) return answer.text === '' ? [] : ['a body is not described'];
  const isType = answer.headers.get('content-type') === type;
  return [...(isType ? [] : [`is no ${type}`]), ...faults(content.schema, answer.json)];
}

describe('the OpenAPI document', () => {
  it('An independent validator accepts it as OpenAPI 3.1', () => {
    const script = join(__dirname, 'validate-openapi.mjs');
    const input = JSON.stringify(document);
    const printed = execFileSync(process.execPath, [script], { input, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual({ valid: true, version: '3.1', errors: [] });
  });

  it('Its server is where the API is', async () => {
    const app = flow.appWith({ basePath: '/deep/hooks' });
    const { json } = await flow.as('operator', app).get('/deep/hooks/api/openapi.json');
    expect(json).toMatchObject({ servers: [{ url: '/deep/hooks/api' }] });
  });

  it('An owner finds the events that it can have listeners of', async () => {
    const { json } = await flow.as('acme').get('/api/openapi.json');
    expect(Object.keys((json as Document).webhooks).sort()).toEqual([
      'parcel.created',
      'parcel.recovered',
      'parcel.removed',
      'parcel.softRemoved',
      'parcel.updated',
    ]);
  });

  it('Every answer is as it is described', async () => {
    const operator = flow.as('operator');
    const body = { hook: 'parcel', url: `${receiver.url}/described`, match: { weight: { gt: 0 } } };
    const created = await operator.json('POST', '/api/listeners', body);
    const { id } = created.json as ListenerAnswer;
    await flow.saveParcel();
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: id });
    const delivery = items[0]?.id ?? '';
    const own = `/api/listeners/${id}`;
    const one = '/listeners/{id}';
    const current = created.headers.get('etag') ?? '';
    const answers: [Answered, string, string][] = [
      [created, 'post', '/listeners'],
      [await operator.json('POST', '/api/listeners', body), 'post', '/listeners'],
      [await operator.json('POST', '/api/listeners', { url: 3 }), 'post', '/listeners'],
      [await operator.get('/api/listeners'), 'get', '/listeners'],
      [await operator.get('/api/listeners?limit=x'), 'get', '/listeners'],
      [await operator.get(own), 'get', one],
      [await operator.get('/api/listeners/nothing'), 'get', one],
      [await operator.json('PATCH', own, {}), 'patch', one],
      [await operator.json('PATCH', own, {}, { 'if-match': '"no"' }), 'patch', one],
      [await operator.json('PATCH', own, {}, { 'if-match': current }), 'patch', one],
      [await operator.json('POST', `${own}/test`), 'post', `${one}/test`],
      [await operator.json('POST', `${own}/pause`, { reason: 'x' }), 'post', `${one}/pause`],
      [await operator.json('POST', `${own}/resume`), 'post', `${one}/resume`],
      [await operator.json('POST', `${own}/rotate-secret`), 'post', `${one}/rotate-secret`],
      [await operator.get('/api/events'), 'get', '/events'],
      [await operator.get('/api/deliveries'), 'get', '/deliveries'],
      [await operator.get(`/api/deliveries/${delivery}`), 'get', '/deliveries/{id}'],
      [
        await operator.json('POST', `/api/deliveries/${delivery}/retry`),
        'post',
        '/deliveries/{id}/retry',
      ],
      [await operator.json('POST', '/api/replay', { listener: id }), 'post', '/replay'],
      [await operator.get('/api/stats'), 'get', '/stats'],
      [await flow.as(null).get('/api/stats'), 'get', '/stats'],
      [await operator.json('DELETE', own, undefined, { 'if-match': '*' }), 'delete', one],
    ];
    const wrong = answers.flatMap(([answer, method, path]) =>
      faultsOf(answer, method, path).map((fault) => `${method} ${path}: ${fault}`),
    );
    expect(wrong).toEqual([]);
    await flow.hooks.idle();
  });
});

describe('schema()', () => {
  it.each(BODY_FORMATS)(
    'Bodies and samples in the format %s are as the schema says',
    async (format) => {
      const hook = flow.hooks.get('parcel');
      const listener = await hook.listener({ url: `${receiver.url}/${format}`, format }).save();
      const saved = await flow.saveParcel({
        price: '12.50',
        sentAt: new Date('2026-01-02T03:04:05Z'),
        notes: { a: [1] },
      });
      await flow.dataSource.manager.save(Object.assign(saved, { state: 'sent', price: null }));
      await flow.dataSource.manager.remove(saved);
      await flow.hooks.idle();
      const received = receiver.received.filter(({ path }) => path === `/${format}`);
      const bodies = received.map(({ headers, body }) => ({
        event: String(headers['hook-event']),
        body,
      }));
      const samples = hook.events.map((event) => ({
        event,
        body: JSON.parse(hook.sample(event, format).body),
      }));
      expect(bodies.map(({ event }) => event).sort()).toEqual([
        'parcel.created',
        'parcel.removed',
        'parcel.updated',
      ]);
      for (const { event, body } of [...bodies, ...samples])
        expect(faults(hook.schema(event, format), body)).toEqual([]);
      await flow.hooks.listeners.remove(listener.id);
    },
  );

  it('A body with another type, or without a field, is refused', () => {
    const hook = flow.hooks.get('parcel');
    const sample = JSON.parse(hook.sample('parcel.created').body) as Json;
    const schema = hook.schema('parcel.created');
    const { name: _name, ...nameless } = sample;
    expect(faults(schema, { ...sample, weight: '1' })).toHaveLength(1);
    expect(faults(schema, { ...sample, state: 'eaten' })).toHaveLength(1);
    expect(faults(schema, nameless)).toHaveLength(1);
  });
});
