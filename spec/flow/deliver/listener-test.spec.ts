import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import {
  any,
  type Listener,
  type ListenerOptions,
  ModelHook,
  type TestResult,
} from 'typeorm-model-hooks';
import { verify } from 'typeorm-model-hooks/receiver';
import { type Application, startApplication } from '../../support/application/application';
import { Person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';
import { type Receiver, type Respond, startReceiver } from '../../support/receivers/receiver';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

@Entity()
@ModelHook({
  provides: ['*', 'author.id'],
  on: ['update', 'remove'],
  sender: () => 'acme',
  headers: { 'X-Of-Hook': 'constant' },
  compute: { words: () => ['never called'] },
  delivery: { retries: 0 },
})
class Article {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') title!: string;
  @Column('uuid') token!: string;
  @Column({ type: 'enum', enum: ['draft', 'public'] }) state!: string;
  @Column('int') views!: number;
  @Column('numeric') price!: string;
  @Column('boolean') open!: boolean;
  @Column('timestamptz') at!: Date;
  @Column('date') day!: string;
  @Column('time') hour!: string;
  @Column('jsonb') meta!: unknown;
  @Column('text', { array: true }) tags!: string[];
  @Column('bytea') icon!: Buffer;
  @ManyToOne(() => Person) author!: Relation<Person>;
}

let application: Application;
let receiver: Receiver;

beforeAll(async () => {
  application = await startApplication({ entities: [Person, Article] });
});
afterEach(async () => {
  const { hooks } = application;
  for (const { id } of await hooks.listeners.find()) await hooks.listeners.remove(id);
  await receiver?.close();
});
afterAll(() => application.stop());

async function listener(options: Partial<ListenerOptions> = {}, respond?: Respond) {
  receiver = await startReceiver(respond);
  return application.hooks.for(Person).listener({ url: receiver.url, ...options });
}

async function heard(pattern: string, options: Partial<ListenerOptions> = {}) {
  receiver = await startReceiver();
  const said = { url: receiver.url, format: 'envelope' as const, ...options };
  const { id } = await application.hooks.listen(pattern, said).save();
  await application.hooks.listeners.test(id);
  return receiver.received[0]?.body;
}

/** Everything that is stored, but what the listener was when it was saved. */
async function stored(): Promise<unknown> {
  const { dataSource } = application;
  const [row] = await dataSource.query(
    `SELECT (SELECT json_agg(l ORDER BY id) FROM model_hook_listener l) AS listeners,
       (SELECT count(*)::int FROM model_hook_event) AS events, (SELECT count(*)::int FROM model_hook_chunk) AS chunks,
       (SELECT count(*)::int FROM model_hook_delivery) AS deliveries, (SELECT count(*)::int FROM model_hook_attempt) AS attempts`,
  );
  return row;
}

describe('hooks.listeners.test', () => {
  it('test() sends a signed sample event at once and returns the result', async () => {
    const saved = await (await listener({}, answering({ status: 202, body: 'thanks' }))).save();
    const result = await application.hooks.listeners.test(saved.id);
    expect(result).toEqual<TestResult>({
      deliveryId: expect.stringMatching(UUID),
      outcome: 'done',
      reason: null,
      httpStatus: 202,
      durationMs: expect.any(Number),
      response: 'thanks',
    });
    const [request] = receiver.received;
    expect(verify(request?.headers ?? {}, request?.raw ?? '', saved.secret ?? '')).toMatchObject({
      id: result.deliveryId,
      event: 'person.created',
      attempt: 1,
      isTest: true,
    });
    expect(request?.headers).toMatchObject({
      'hook-delivery': result.deliveryId,
      'hook-subscription': saved.id,
      'hook-test': '1',
    });
    expect(request?.body).toEqual({ name: 'sample', address: 'sample' });
  });

  it('Each test is a delivery with an id of its own', async () => {
    const { id } = await (await listener()).save();
    const results = [
      await application.hooks.listeners.test(id),
      await application.hooks.listeners.test(id),
    ];
    expect(new Set(results.map(({ deliveryId }) => deliveryId)).size).toBe(2);
  });

  it.each<{ name: string; respond: Respond; expected: Partial<TestResult> }>([
    {
      name: 'answers 500',
      respond: answering({ status: 500, body: 'oh' }),
      expected: { outcome: 'retrying', reason: 'HTTP 500', httpStatus: 500, response: 'oh' },
    },
    {
      name: 'is gone',
      respond: answering({ status: 410 }),
      expected: { outcome: 'failed', httpStatus: 410, response: null },
    },
    {
      name: 'wants to be left alone',
      respond: answering({ status: 429, headers: { 'Retry-After': '60' } }),
      expected: { outcome: 'retrying', httpStatus: 429 },
    },
    {
      name: 'says that it failed',
      respond: answering({ body: { status: 'failure', reason: 'no such topic' } }),
      expected: { outcome: 'failed', reason: 'no such topic', httpStatus: 200 },
    },
    {
      name: 'skips',
      respond: answering({ body: { status: 'skip' } }),
      expected: { outcome: 'skipped', httpStatus: 200 },
    },
    {
      name: 'hangs up',
      respond: (_request, response) => response.destroy(),
      expected: { outcome: 'retrying', httpStatus: null, response: null },
    },
    {
      name: 'hangs',
      respond: () => undefined,
      expected: { outcome: 'retrying', reason: 'no complete reply within 100 ms' },
    },
  ])('A test of an endpoint that $name stores nothing', async ({ respond, expected }) => {
    const { id } = await (await listener({ delivery: { timeoutMs: 100 } }, respond)).save();
    const before = await stored();
    expect(await application.hooks.listeners.test(id)).toMatchObject(expected);
    expect(await stored()).toEqual(before);
  });

  it('A test uses the options of the listener', async () => {
    const saved = await (
      await listener({
        format: 'envelope',
        contentType: 'application/x-www-form-urlencoded',
        headers: { 'X-Tenant': 'acme' },
        digest: 'sha512',
      })
    )
      .on('update')
      .save();
    await application.hooks.listeners.test(saved.id);
    const [request] = receiver.received;
    expect(request?.headers).toMatchObject({ 'x-tenant': 'acme', 'hook-event': 'person.updated' });
    expect(Buffer.from(String(request?.headers['hook-hmac']), 'base64')).toHaveLength(64);
    expect(request?.body).toMatchObject({
      event: 'person.updated',
      'data.name': 'sample',
      'previous.name': 'old sample',
      changed: '["name","address"]',
    });
  });

  it('A paused listener can be tested', async () => {
    const { id } = await (await listener()).save();
    await application.hooks.listeners.pause(id, 'under construction');
    expect(await application.hooks.listeners.test(id)).toMatchObject({ outcome: 'done' });
    expect(await application.hooks.listeners.get(id)).toMatchObject({ active: false });
  });

  it('A test ignores the filters of the listener', async () => {
    const { id } = await (await listener()).match({ name: 'Joe', address: any() }).save();
    expect(await application.hooks.listeners.test(id)).toMatchObject({ outcome: 'done' });
  });

  it.each(['aeb38ae1-6dd5-4b1e-8f4c-2f6f86bd2f4b', 'no uuid', ''])(
    'test() refuses the unknown id %p',
    async (id) => {
      const refused = application.hooks.listeners.test(id);
      await expect(refused).rejects.toMatchObject({ code: 'LISTENER_NOT_FOUND', listener: id });
    },
  );

  it.each([{ work: false }, { dispatcher: 'disabled' as const }])(
    'A test works in an attachment with %p',
    async (attach) => {
      const { id } = await (await listener()).save();
      const { url } = application;
      const entities = [Person, Article];
      const idle = await startApplication({ entities, attach, url });
      try {
        expect(await idle.hooks.listeners.test(id)).toMatchObject({ outcome: 'done' });
      } finally {
        await idle.stop();
      }
      expect(receiver.received).toHaveLength(1);
    },
  );

  it('A test does not reach a recipient that the policy forbids', async () => {
    const { id } = await (await listener()).save();
    const { url } = application;
    const attach = { delivery: { recipients: { ports: 'any' as const } } };
    const strict = await startApplication({ entities: [Person, Article], attach, url });
    const result = await strict.hooks.listeners.test(id).finally(() => strict.stop());
    expect(result).toMatchObject({ outcome: 'failed', httpStatus: null });
    expect(result.reason).toContain('delivery.recipients');
    expect(receiver.received).toEqual([]);
  });

  it('The sample event of a test has a value for each field and the constants of the hook', async () => {
    receiver = await startReceiver(answering({ status: 503 }));
    const options = { url: receiver.url, owner: 'acme', format: 'envelope' as const };
    const { id } = await application.hooks.for(Article).listener(options).save();
    // The hook retries nothing.
    expect(await application.hooks.listeners.test(id)).toMatchObject({ outcome: 'failed' });
    const data = {
      id: 1,
      title: 'sample',
      token: '00000000-0000-4000-8000-000000000000',
      state: 'draft',
      views: 1,
      price: '1',
      open: true,
      at: '2000-01-01T00:00:00.000Z',
      day: '2000-01-01',
      hour: '00:00:00',
      meta: {},
      tags: [],
      icon: Buffer.from('sample').toString('base64'),
      author: { id: 1 },
      words: 'sample',
    };
    expect(receiver.received[0]?.headers).toMatchObject({ 'x-of-hook': 'constant' });
    expect(receiver.received[0]?.body).toEqual({
      id: expect.any(String),
      event: 'article.updated',
      operation: 'update',
      ref: null,
      sender: 'acme',
      timestamp: expect.any(String),
      data,
      previous: expect.objectContaining({ id: 1, title: 'old sample', author: null, words: null }),
      changed: expect.arrayContaining(['title', 'author.id', 'words']),
    });
  });

  it.each([
    { pattern: '*', event: 'person.created', data: { name: 'sample', address: 'sample' } },
    { pattern: 'person.*', event: 'person.created', data: { name: 'sample', address: 'sample' } },
    { pattern: 'article.removed', event: 'article.removed', data: { title: 'sample' } },
    { pattern: 'order.shipped', event: 'order.shipped', data: {} },
    { pattern: 'order.*', event: 'order.test', data: {} },
    { pattern: '*.shipped', event: 'test.shipped', data: {} },
  ])('A listener to $pattern is tested with the event $event', async ({ pattern, event, data }) => {
    expect(await heard(pattern)).toMatchObject({ event, data });
  });

  it('A listener to a defined hook is tested with its event', async () => {
    application.hooks.define('invoice.paid', { provides: ['total', 'customer.name'] });
    expect(await heard('invoice.*', { owner: 'acme' })).toMatchObject({
      event: 'invoice.paid',
      operation: null,
      sender: 'acme',
      data: { total: 'sample', customer: { name: 'sample' } },
      previous: null,
    });
  });

  it('A listener whose hook is only attached elsewhere can be tested', async () => {
    const saved: Listener = await (await listener({ format: 'envelope' })).save();
    const { url } = application;
    const other = await startApplication({ entities: [], url });
    const result = await other.hooks.listeners.test(saved.id).finally(() => other.stop());
    expect(result).toMatchObject({ outcome: 'done' });
    expect(receiver.received[0]?.body).toMatchObject({ event: 'person', data: {} });
  });
});
