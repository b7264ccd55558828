import { randomUUID } from 'node:crypto';
import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  PrimaryColumn,
  TableInheritance,
} from 'typeorm';
import { type BackfillOptions, type BulkResult, gt, ModelHook, startsWith } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Person } from '../../support/entities/person';
import { headers } from '../../support/receivers/answers';

/** Has a key of two columns, and functions. */
@Entity()
@ModelHook({
  provides: ['shelf', 'place', 'title'],
  when: { hidden: false },
  sender: 'owner',
  ref: 'https://example.com/books/{shelf}/{place}',
  headers: { 'X-Kind': 'book' },
  compute: { loud: ({ title }: Book) => title.toUpperCase() },
})
@TableInheritance({ column: { type: 'varchar', name: 'type' } })
class Book {
  @PrimaryColumn({ type: 'varchar' })
  shelf!: string;

  @PrimaryColumn({ type: 'int' })
  place!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'varchar', nullable: true })
  owner!: string | null;

  @Column({ type: 'boolean', default: false })
  hidden!: boolean;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

@ChildEntity()
class Comic extends Book {}

/** Has a hook of its own. */
@ChildEntity()
@ModelHook({ provides: ['title'] })
class Atlas extends Book {}

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ entities: [Person, Book, Comic, Atlas], attach: { sweepMs: 100 } });
});
afterEach(async () => {
  await flow.clear();
  for (const table of ['person', 'book']) await flow.query(`TRUNCATE ${table} RESTART IDENTITY`);
});
afterAll(() => flow?.stop());

describe('hooks.listeners.backfill', () => {
  it('The rows that exist and match are sent to that listener only, as read events', async () => {
    await flow.savePeople(3);
    await flow.savePeople(2, 'Ann');
    await flow.hooks.idle();
    const { listener, receiver } = await listening({ name: 'Ann' });
    const other = await flow.listen();
    const all = await listeningTo('*');
    expect(await flow.hooks.listeners.backfill(listener.id)).toEqual({ count: 2, cursor: null });
    await flow.hooks.idle();

    expect(receiver.received.map(({ body }) => body)).toEqual([
      expect.objectContaining({
        event: 'person.read',
        operation: null,
        previous: null,
        changed: ['name', 'address'],
        data: { name: 'Ann', address: null },
      }),
      expect.anything(),
    ]);
    expect(headers(receiver, 'hook-backfill')).toEqual(['1', '1']);
    expect(headers(receiver, 'hook-event')).toEqual(['person.read', 'person.read']);
    expect([other, all].map((one) => one.receiver.received.length)).toEqual([0, 0]);
    expect(await flow.pendingEvents()).toBe(0);
  });

  it('Events of writes have no header Hook-Backfill', async () => {
    const { receiver } = await flow.listen();
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(headers(receiver, 'hook-backfill')).toEqual(['undefined']);
  });

  it('The functions and conditions of the hook apply as for an insert, and its subclasses are included', async () => {
    const { manager } = flow.dataSource;
    await manager.save([
      book(Book, { shelf: 'b', place: 10, title: 'last', owner: 'acme' }),
      book(Book, { shelf: 'b', place: 9, title: 'middle', owner: 'acme' }),
      book(Comic, { shelf: 'a', place: 1, title: 'first', owner: 'acme' }),
      book(Atlas, { shelf: 'a', place: 2, title: 'own hook', owner: 'acme' }),
      book(Book, { shelf: 'c', place: 1, title: 'hidden', owner: 'acme', hidden: true }),
      book(Book, { shelf: 'c', place: 2, title: 'removed', owner: 'acme', deletedAt: new Date() }),
      book(Book, { shelf: 'c', place: 3, title: 'of another', owner: 'globex' }),
    ]);
    await flow.hooks.idle();
    const { listener, receiver } = await books({ owner: 'acme', ordered: true });
    const cursors: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      ({ cursor } = await flow.hooks.listeners.backfill(listener.id, { limit: 1, cursor }));
      cursors.push(cursor);
      await flow.hooks.idle();
    } while (cursor !== null);

    const bodies = receiver.received.map(({ body }) => body as Body);
    expect(bodies.map(({ data }) => data)).toEqual([
      { shelf: 'a', place: 1, title: 'first', loud: 'FIRST' },
      { shelf: 'b', place: 9, title: 'middle', loud: 'MIDDLE' },
      { shelf: 'b', place: 10, title: 'last', loud: 'LAST' },
    ]);
    expect(bodies.map(({ ref, sender }) => [ref, sender])[0]).toEqual([
      'https://example.com/books/a/1',
      'acme',
    ]);
    expect(headers(receiver, 'x-kind')).toEqual(['book', 'book', 'book']);
    expect(cursors.at(-1)).toBeNull();
  });

  it('A backfill that a process did not finish goes on at the last cursor that it reported', async () => {
    await flow.savePeople(7);
    await flow.hooks.idle();
    const { listener, receiver } = await listening({});
    const stop = new AbortController();
    let saved: string | null = null;
    await flow.hooks.listeners.backfill(listener.id, {
      maxPerSecond: 3,
      signal: stop.signal,
      onProgress: ({ cursor }: BulkResult) => {
        saved = cursor;
        stop.abort();
      },
    });
    const beside = await flow.beside({ sweepMs: 100 });
    const rest = await beside.hooks.listeners.backfill(listener.id, { cursor: saved });
    expect(rest).toEqual({ count: 4, cursor: null });
    await flow.hooks.idle();
    await beside.hooks.idle();
    expect(receiver.received).toHaveLength(7);
    expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(7);
  });

  it('More rows than one page are all stored, once each', async () => {
    await flow.savePeople(1_203);
    await flow.hooks.idle();
    const { listener } = await listening({ name: startsWith('J') });
    const result = await flow.hooks.listeners.backfill(listener.id);
    expect(result).toEqual({ count: 1_203, cursor: null });
    const rows = await flow.query(
      `SELECT DISTINCT e.row_id FROM model_hook_event e WHERE e.event = 'person.read'
       AND e.id NOT IN (SELECT event_id FROM model_hook_delivery WHERE listener_id <> $1)`,
      [listener.id],
    );
    expect(rows).toHaveLength(1_203);
  });

  it('Listeners that cannot be backfilled are refused', async () => {
    flow.hooks.define('backfill.defined', { provides: ['a'] });
    const pattern = await listeningTo('person.*');
    const defined = await flow.hooks
      .get('backfill.defined')
      .listener('https://example.com')
      .match({ a: gt(1) })
      .save();
    const { listener: paused } = await listening({});
    await flow.hooks.listeners.pause(paused.id, 'a test');
    for (const { id } of [pattern.listener, defined, paused])
      await expect(flow.hooks.listeners.backfill(id)).rejects.toMatchObject({
        code: 'BACKFILL_REFUSED',
        listener: id,
      });
    for (const id of [randomUUID(), 'no id'])
      await expect(flow.hooks.listeners.backfill(id)).rejects.toMatchObject({
        code: 'LISTENER_NOT_FOUND',
      });
  });

  it('Options that are not valid are refused, and cursors of another listener or of no key', async () => {
    const { listener } = await listening({});
    const cursor = (members: readonly unknown[]) =>
      Buffer.from(JSON.stringify(members)).toString('base64url');
    const bad: readonly BackfillOptions[] = [
      { limit: -1 },
      { maxPerSecond: Number.NaN },
      { cursor: 'nonsense' },
      { cursor: cursor(['backfill', randomUUID(), '1']) },
      { cursor: cursor(['backfill', listener.id, '1', '2']) },
      { cursor: cursor(['backfill', listener.id, "1'; --"]) },
      { onProgress: 1 as never },
      { typo: 1 } as never,
    ];
    for (const options of bad)
      await expect(flow.hooks.listeners.backfill(listener.id, options)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option: Object.keys(options)[0],
      });
  });
});

interface Body {
  readonly data: object;
  readonly ref: string;
  readonly sender: string;
}

function book<T extends Book>(of: new () => T, values: Partial<Book>): T {
  return Object.assign(new of(), values);
}

async function listening(match: Parameters<ReturnType<typeof builder>['match']>[0]) {
  const { receiver, listener } = await flow.listen();
  await flow.hooks.listeners.remove(listener.id);
  return { receiver, listener: await builder(receiver.url).match(match).save() };
}

function builder(url: string) {
  return flow.hooks.for(Person).listener({ url, format: 'envelope' });
}

async function listeningTo(pattern: string) {
  const { receiver, listener } = await flow.listen();
  await flow.hooks.listeners.remove(listener.id);
  return { receiver, listener: await flow.hooks.listen(pattern, receiver.url).save() };
}

async function books(options: { readonly owner: string; readonly ordered: boolean }) {
  const { receiver, listener } = await flow.listen();
  await flow.hooks.listeners.remove(listener.id);
  const target = { url: receiver.url, format: 'envelope', ...options } as const;
  return { receiver, listener: await flow.hooks.for(Book).listener(target).save() };
}
