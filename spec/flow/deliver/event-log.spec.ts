import { randomUUID } from 'node:crypto';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type EventWhere, ModelHook } from '../../../lib';
import { StoredFlow } from '../../support/application/stored-flow';
import { Person } from '../../support/entities/person';

const unreadable = {
  to: (value: string) => value,
  from: (value: string) => {
    if (value === 'broken') throw new Error('It cannot be read.');
    return value;
  },
};

@Entity()
@ModelHook({ provides: ['text'] })
class Letter {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', transformer: unreadable })
  text!: string;
}

const FOREIGN = 'of-another-process';

let flow: StoredFlow;
beforeAll(async () => {
  flow = await StoredFlow.start({ entities: [Person, Letter] });
  flow.hooks.define('order', { provides: ['number'] });
});
beforeEach(() => flow.forget());
afterAll(() => flow?.stop());

const find = async (where: EventWhere = {}) => (await flow.hooks.events.find(where)).items;

/** Orders from 1 on. Every third one is acme's. */
async function orders(count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1)
    ids.push(
      await flow.hooks.send('order', { number }, { sender: number % 3 === 0 ? 'acme' : 'other' }),
    );
  return ids;
}

/** Letters whose text is stored as it is given. */
async function letters(...texts: readonly string[]): Promise<void> {
  for (const text of texts)
    await flow.dataSource.manager.save(Object.assign(new Letter(), { text }));
}

const numbersOf = async (where: EventWhere) => (await find(where)).map(({ data }) => data.number);

describe('hooks.events.find', () => {
  it('It finds events of all hooks, newest first, as they are delivered', async () => {
    await flow.savePeople(1, 'Ann');
    await orders(1);
    expect(await find()).toMatchObject([
      { hook: 'order', name: 'order', operation: null, data: { number: 1 }, sender: 'other' },
      {
        hook: 'person',
        name: 'person.created',
        operation: 'insert',
        data: { name: 'Ann', address: null },
        changed: ['name', 'address'],
      },
    ]);
  });

  it('Each criterion must hold', async () => {
    await flow.savePeople(1);
    const ids = await orders(6);
    const [first] = await find({ event: 'person.created' });
    const [, , , fourth] = (await find({ hook: 'order' })).toReversed();
    await flow.query(
      `UPDATE model_hook_event SET occurred_at = occurred_at + CASE WHEN id >= $1 THEN interval '30 seconds' ELSE '0' END`,
      [fourth?.id],
    );
    const between = new Date(Number(fourth?.occurredAt) + 20_000);
    expect(first).toMatchObject({ hook: 'person' });
    expect((await find({ hook: 'order' })).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(await numbersOf({ owner: 'acme' })).toEqual([6, 3]);
    expect(await numbersOf({ owner: 'acme', since: between })).toEqual([6]);
    expect(await numbersOf({ hook: 'order', until: between })).toEqual([3, 2, 1]);
    expect(await numbersOf({ hook: 'order', event: 'order', until: between })).toEqual([3, 2, 1]);
    expect(await find({ hook: 'person', event: 'order' })).toEqual([]);
    expect(await find({ hook: 'no such hook' })).toEqual([]);
    expect(await find({ since: new Date(0), until: new Date(1) })).toEqual([]);
    expect(await find({ since: new Date('0001-01-01') })).toHaveLength(7);
  });

  it('A page has 20 events by default, and the pages have each event once', async () => {
    await orders(45);
    const numbers: unknown[] = [];
    const sizes: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await flow.hooks.events.find(cursor ? { cursor } : {});
      numbers.push(...page.items.map(({ data }) => data.number));
      sizes.push(page.items.length);
      cursor = page.nextCursor;
    }
    expect(sizes).toEqual([20, 20, 5]);
    expect(numbers).toEqual(Array.from({ length: 45 }, (_, n) => 45 - n));
  });

  it('A field that the hook does not provide is left out', async () => {
    await flow.savePeople(1, 'Ann');
    await flow.query(
      `UPDATE model_hook_event SET data = (data::jsonb || '{"secret":"hidden"}')::json`,
    );
    expect((await find())[0]?.data).toEqual({ name: 'Ann', address: null });
  });

  it('Events of hooks of other processes are left out', async () => {
    await orders(2);
    await flow.query(`UPDATE model_hook_event SET hook = $1 WHERE data->>'number' = '2'`, [
      FOREIGN,
    ]);
    expect(await numbersOf({})).toEqual([1]);
    expect(await find({ hook: FOREIGN })).toEqual([]);
  });

  it('Events that cannot be read are left out, and the pages go on', async () => {
    await letters('one', 'broken', 'two', 'broken');
    const first = await flow.hooks.events.find({ limit: 2 });
    expect(first.items.map(({ data }) => data.text)).toEqual(['two']);
    const second = await flow.hooks.events.find({ limit: 2, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ data: { text: 'one' } }], nextCursor: null });
  });

  it('A page looks at 10,000 events', async () => {
    await orders(1);
    await flow.query(
      `INSERT INTO model_hook_event (id, hook, event, data)
       SELECT overlay(gen_random_uuid()::text placing 'ffffffff' from 1 for 8)::uuid, 'person', 'person.created', '{"name":"Ann"}'
       FROM generate_series(1, 10000)`,
    );
    const first = await flow.hooks.events.find({ hook: 'order' });
    expect(first).toEqual({ items: [], nextCursor: expect.any(String) });
    const second = await flow.hooks.events.find({ hook: 'order', cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ data: { number: 1 } }], nextCursor: null });
  });

  it.each([
    { limit: 0 },
    { limit: 1_001 },
    { cursor: 'nonsense' },
    { cursor: Buffer.from('["prune","deliveries"]').toString('base64url') },
    { hook: undefined },
    { event: undefined },
    { owner: undefined },
    { owner: null },
    { since: undefined },
    { until: 7 },
    { sender: 'acme' },
  ])('It refuses the query %p', async (where) => {
    await expect(flow.hooks.events.find(where as never)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: Object.keys(where)[0],
    });
  });
});

describe('hooks.events.get', () => {
  it('It returns the event as find() does', async () => {
    const [id = ''] = await orders(1);
    expect(await flow.hooks.events.get(id)).toEqual((await find())[0]);
  });

  it.each([randomUUID(), 'no id'])('It returns null for the id %s', async (id) => {
    expect(await flow.hooks.events.get(id)).toBeNull();
  });

  it('It returns null for an event that this process cannot read', async () => {
    await letters('broken');
    const [id = ''] = await orders(1);
    const [letter] = await flow.query<{ id: string }>(
      `SELECT id FROM model_hook_event WHERE hook = 'letter'`,
    );
    await flow.query(`UPDATE model_hook_event SET hook = $1 WHERE id = $2`, [FOREIGN, id]);
    expect(await flow.hooks.events.get(id)).toBeNull();
    expect(await flow.hooks.events.get(letter?.id ?? '')).toBeNull();
  });
});
