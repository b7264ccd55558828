import { Column, DeleteDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type HookEvent, type ListenerOptions, ModelHook } from '../../../lib';
import { toEvent } from '../../../lib/capture/outbox/event-row';
import { HookCatalog } from '../../../lib/hook/catalog';
import { EVENT_COLUMNS, type EventRow } from '../../../lib/store/events';
import { StoredFlow } from '../../support/application/stored-flow';

type Answer = readonly (string | ListenerOptions)[];

/** What the hooks were asked, and what they answer. */
const asked: HookEvent[] = [];
let answer: (event: HookEvent) => Answer | Promise<Answer> = () => [];
function resolve(event: HookEvent): Answer | Promise<Answer> {
  asked.push(event);
  return answer(event);
}

@Entity()
@ModelHook({ provides: ['title', 'tags', 'at'], when: { status: 'public' }, resolve })
class Post {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'jsonb', nullable: true })
  tags!: unknown;

  @Column({ type: 'timestamptz', nullable: true })
  at!: Date | null;

  @Column({ type: 'varchar', default: 'public' })
  status!: string;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

/** It names nobody, and functions of its own come before. */
@Entity()
@ModelHook({
  provides: ['text'],
  compute: { length: (row: Remark) => row.text.length },
  ref: (row: Remark) => `https://example.test/remarks/${row.id}`,
  sender: 'author',
  headers: { 'X-Remark': 'yes' },
  resolve,
})
class Remark {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  text!: string;

  @Column({ type: 'varchar' })
  author!: string;
}

let app: StoredFlow;
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };

/** One application for each `describe`. */
function inApplication(onCaptureError: 'throw' | 'log'): void {
  beforeAll(async () => {
    app = await StoredFlow.start({ entities: [Post, Remark], attach: { onCaptureError, logger } });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    await app.dataSource.query('TRUNCATE post, remark');
    await app.forget();
    asked.splice(0);
    answer = () => [];
  });
}

/** The stored events, as they will be told. */
async function told(...defined: readonly string[]): Promise<readonly HookEvent[]> {
  const catalog = new HookCatalog(app.dataSource).load();
  for (const name of defined) catalog.define(name, { provides: ['number'] });
  const rows: readonly EventRow[] = await app.dataSource.query(
    `SELECT ${EVENT_COLUMNS} FROM model_hook_event ORDER BY id`,
  );
  return rows.map((row) => toEvent(app.dataSource, catalog.get(row.hook), row));
}

const targets = async (hook: string) => (await app.stored(hook)).map((event) => event.targets);
const withoutTime = ({ occurredAt: _, ...event }: HookEvent) => event;
const hook = 'https://example.test/hook';

describe('resolve', () => {
  inApplication('throw');

  it('The targets of `resolve` are stored with their event', async () => {
    answer = ({ data }) => [`${hook}/${data.title}`, { url: hook, owner: 'acme' }];
    await app.dataSource.manager.save(Post, [{ title: 'one' }, { title: 'two' }]);
    expect(await targets('post')).toEqual([
      [`${hook}/one`, { url: hook, owner: 'acme' }],
      [`${hook}/two`, { url: hook, owner: 'acme' }],
    ]);
  });

  it('A `resolve` function may be asynchronous and may return no target', async () => {
    answer = async ({ data }) => {
      const found: readonly { title: string }[] = await app.dataSource.query(
        'SELECT $1::text AS title',
        [data.title],
      );
      return found.filter(({ title }) => title === 'one').map(() => hook);
    };
    await app.dataSource.manager.save(Post, [{ title: 'one' }, { title: 'two' }]);
    expect(await targets('post')).toEqual([[hook], null]);
  });

  it('The `resolve` function receives the event as it will be sent, frozen, for each operation', async () => {
    const { manager } = app.dataSource;
    const at = new Date('2026-03-01T12:00:00.000Z');
    const values = { title: 'one', tags: { a: [1] }, at, secret: 'hidden' };
    const post = await manager.save(Object.assign(new Post(), values));
    await manager.save(Object.assign(post, { title: 'two', tags: [] }));
    await manager.softRemove(post);
    await manager.recover(post);
    await manager.remove(post);
    const operations = ['insert', 'update', 'softRemove', 'recover', 'remove'];
    expect(asked.map(({ operation }) => operation)).toEqual(operations);
    expect(asked.map(withoutTime)).toEqual((await told()).map(withoutTime));
    expect(asked[1]).toMatchObject({
      data: { title: 'two', tags: [], at: at.toISOString() },
      previous: { title: 'one', tags: { a: [1] } },
      changed: ['title', 'tags'],
    });
    expect(JSON.stringify(asked)).not.toContain('hidden');
    for (const { data, previous } of asked)
      for (const part of [data, data.tags, previous, previous?.tags])
        expect(Object.isFrozen(part)).toBe(true);
  });

  it('The `resolve` function sees what the other functions of its hook return, which stays unfrozen', async () => {
    const { manager } = app.dataSource;
    const { id } = await manager.save(Remark, { text: 'hello', author: 'ann' });
    await manager.save(Remark, { id, text: 'bye' });
    expect(asked).toMatchObject([
      {
        name: 'remark.created',
        ref: `https://example.test/remarks/${id}`,
        sender: 'ann',
        headers: { 'X-Remark': 'yes' },
        data: { text: 'hello', length: 5 },
      },
      { data: { text: 'bye', length: 3 }, previous: { text: 'hello', length: 5 } },
    ]);
    expect(asked.map(withoutTime)).toEqual((await told()).map(withoutTime));
    const { headers } = new HookCatalog(app.dataSource).load().get('remark').declared;
    expect(Object.isFrozen(headers)).toBe(false);
  });

  it('The `resolve` function is not called if there is no event', async () => {
    const { manager } = app.dataSource;
    const post = await manager.save(Post, { title: 'one', status: 'draft' });
    await manager.save(Post, { id: post.id, title: 'two' });
    const shown = await manager.save(Post, { title: 'three' });
    asked.splice(0);
    await manager.save(Post, { id: shown.id, secret: 'other' });
    await app.hooks.silence(() => manager.save(Post, { title: 'four' }));
    expect(asked).toEqual([]);
  });

  it('A rollback removes the event with its targets', async () => {
    answer = () => [hook];
    const run = app.dataSource.transaction(async (manager) => {
      await manager.save(Post, { title: 'one' });
      throw new RangeError('no');
    });
    await expect(run).rejects.toThrow(RangeError);
    expect(asked).toHaveLength(1);
    expect(await app.names()).toEqual([]);
  });

  it("A failing `resolve` rejects the write with onCaptureError 'throw'", async () => {
    answer = ({ data }) => (data.title === 'bad' ? Promise.reject(new RangeError('gone')) : [hook]);
    const { manager } = app.dataSource;
    const saving = manager.save(Post, [{ title: 'good' }, { title: 'bad' }]);
    await expect(saving).rejects.toMatchObject({
      code: 'HOOK_CAPTURE_FAILED',
      hook: 'post',
      cause: expect.any(RangeError),
    });
    expect(await manager.count(Post)).toBe(0);
    expect(await app.names()).toEqual([]);
  });

  it('The row cannot be committed without its event after `resolve` failed', async () => {
    answer = () => 'https://example.test' as never;
    const runner = app.dataSource.createQueryRunner();
    await runner.startTransaction();
    const saving = runner.manager.save(Post, { title: 'one' });
    await expect(saving).rejects.toThrow(/must give an array/);
    await runner.commitTransaction();
    await runner.release();
    expect(await app.dataSource.manager.count(Post)).toBe(0);
  });
});

describe('resolve of a defined hook', () => {
  inApplication('throw');

  it('The targets of send() are stored, and a failing `resolve` rejects it', async () => {
    const shipped = app.hooks.define('order.shipped', { provides: ['number'], resolve });
    answer = ({ data }) => (data.number === 7 ? [hook] : Promise.reject(new RangeError('gone')));
    const id = await shipped.send({ number: 7, secret: 'hidden' }, { sender: 'acme' });
    expect(asked).toMatchObject([{ id, sender: 'acme', data: { number: 7 }, operation: null }]);
    expect(asked.map(withoutTime)).toEqual((await told(shipped.name)).map(withoutTime));
    await expect(shipped.send({ number: 8 })).rejects.toMatchObject({
      code: 'HOOK_CAPTURE_FAILED',
      hook: 'order.shipped',
    });
    expect(await targets('order.shipped')).toEqual([[hook]]);
  });
});

describe("resolve with onCaptureError 'log'", () => {
  inApplication('log');

  it('A failing `resolve` drops only its event and is logged', async () => {
    answer = ({ data }) => {
      if (data.title === 'bad') throw new RangeError('gone');
      return Array.from({ length: data.title === 'many' ? 101 : 1 }, () => hook);
    };
    const { manager } = app.dataSource;
    await manager.save(Post, [{ title: 'good' }, { title: 'bad' }, { title: 'many' }]);
    expect((await app.stored('post')).map(({ data }) => data.title)).toEqual(['good']);
    expect(await manager.count(Post)).toBe(3);
    expect(logger.error).toHaveBeenCalledTimes(2);
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('dropped'), {
      error: expect.objectContaining({ code: 'HOOK_CAPTURE_FAILED', hook: 'post' }),
    });
  });
});
