import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { BackgroundResponse, type DeliveryWithAttempts, type HandlerContext } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { outcomes } from '../../support/application/waiting';
import {
  Animal,
  BigintKey,
  BooleanKey,
  BytesKey,
  Cat,
  CharKey,
  DateKey,
  Dog,
  DoubleKey,
  EmbeddedKey,
  EnumKey,
  InstantKey,
  NumericKey,
  Order,
  RelationKey,
  TextKey,
  TransformedKey,
  UuidKey,
} from '../../support/entities/recheck-entities';

const errors: string[] = [];
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message: string) => errors.push(message),
};
const KEYS = [
  ...[UuidKey, BigintKey, TextKey, CharKey, DateKey, InstantKey, NumericKey, DoubleKey, BytesKey],
  ...[EnumKey, BooleanKey, TransformedKey, EmbeddedKey, RelationKey],
];
const GONE = 'the row does not exist any more';

function failsFirst(_event: unknown, { attempt }: HandlerContext) {
  if (attempt === 1) throw new Error('once');
  return BackgroundResponse.done();
}

let flow: Flow;
let count = 0;

/** A listener whose handler fails at the first try. */
async function listen(entity: EntityTarget<ObjectLiteral>, name?: string): Promise<string> {
  count += 1;
  const { target } = flow.hooks.handler(`once ${count}`, failsFirst);
  const delivery = { recheck: true, retryDelayMs: 3_600_000 };
  const builder = flow.hooks.for(entity).listener({ url: target, delivery }).on('insert');
  return (await (name === undefined ? builder : builder.match({ name })).save()).id;
}

/** Saves rows and waits until each of them was tried once. */
async function tried(listener: string, rows: readonly object[]): Promise<void> {
  const first = outcomes(flow.hooks, rows.length, (one) => one.listenerId === listener);
  for (const row of rows) await flow.dataSource.manager.save(row);
  await first;
}

/** The deliveries of a listener after their late tries, the oldest first. */
async function triedAgain(listener: string): Promise<readonly DeliveryWithAttempts[]> {
  const { items } = await flow.hooks.deliveries.find({ listener });
  const second = outcomes(flow.hooks, items.length, (one) => one.listenerId === listener);
  await flow.query(
    'UPDATE model_hook_delivery SET next_at = now() WHERE listener_id = $1 AND next_at IS NOT NULL',
    [listener],
  );
  await second;
  const again = items.map(({ id }) => flow.hooks.deliveries.get(id));
  return ((await Promise.all(again)) as DeliveryWithAttempts[]).reverse();
}

describe.each([
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
])('a row whose change was captured by %s', (_capture, attach) => {
  beforeAll(async () => {
    const entities = [...KEYS, Animal, Cat, Dog, Order];
    flow = await Flow.start({ entities, attach: { sweepMs: 100, logger, ...attach } });
  });
  afterEach(() => flow.clear());
  afterAll(() => flow?.stop());

  const place = (street: string, number: number) => ({ street, number });

  it.each<readonly [string, new () => object, readonly object[]]>([
    [
      'a UUID',
      UuidKey,
      [
        { id: '00000000-0000-4000-8000-00000000000a' },
        { id: '00000000-0000-4000-8000-00000000000b' },
      ],
    ],
    ['a bigint', BigintKey, [{ id: '9223372036854775807' }, { id: '-9223372036854775808' }]],
    ['a text', TextKey, [{ id: `it's "a" \\ ñ😀 $1 ${'x'.repeat(300)}` }, { id: '' }]],
    ['a text of fixed length', CharKey, [{ id: 'ab' }, { id: 'ab c' }]],
    ['a date', DateKey, [{ id: '2026-03-29' }, { id: '0044-03-15 BC' }]],
    [
      'a timestamp',
      InstantKey,
      [{ id: new Date('2026-03-29T01:30:00.123Z') }, { id: new Date('1969-12-31T23:59:59Z') }],
    ],
    ['a decimal', NumericKey, [{ id: '12345678901234567890.000100' }, { id: '-0.5' }]],
    ['a double', DoubleKey, [{ id: 0.1 }, { id: 1e300 }]],
    ['bytes', BytesKey, [{ id: Buffer.from('00ff', 'hex') }, { id: Buffer.from("'\\") }]],
    ['an enum', EnumKey, [{ id: 'a' }, { id: "it's" }]],
    ['a boolean', BooleanKey, [{ id: true }, { id: false }]],
    ['a transformed text', TransformedKey, [{ id: { key: 'a' } }, { id: { key: 'b' } }]],
    [
      'three columns, two of them embedded',
      EmbeddedKey,
      [
        { place: place("King's", 1), since: '2026-01-01' },
        { place: place("King's", 1), since: '2026-01-02' },
      ],
    ],
  ])('It is found again by %s', async (_name, entity, rows) => {
    const listener = await listen(entity);
    const [kept, gone] = rows.map((values) => Object.assign(new entity(), values));
    if (!kept || !gone) throw new Error('There are two rows.');
    await tried(listener, [kept, gone]);
    await flow.hooks.silence(() => flow.dataSource.manager.remove(gone));
    expect(await triedAgain(listener)).toMatchObject([
      { status: 'done', attempt: 2 },
      { status: 'skipped', reason: GONE },
    ]);
  });

  it('It is found again by the key of a related row', async () => {
    await flow.dataSource.manager.save(Object.assign(new TextKey(), { id: 'owner' }));
    const listener = await listen(RelationKey);
    const rows = [1, 2].map((day) => Object.assign(new RelationKey(), { ownerId: 'owner', day }));
    await tried(listener, rows);
    await flow.query('DELETE FROM relation_key WHERE day = 1');
    expect(await triedAgain(listener)).toMatchObject([{ reason: GONE }, { status: 'done' }]);
  });

  it('A class of a single-table inheritance has its own rows', async () => {
    const [animals, dogs] = [await listen(Animal), await listen(Dog)];
    const make = (of: new () => Animal, id: number) =>
      Object.assign(new of(), { id, name: 'Rex', bark: 'wuff' });
    await tried(animals, [make(Cat, 1), make(Cat, 2)]);
    await tried(dogs, [make(Dog, 3), make(Dog, 4)]);
    await flow.query('DELETE FROM animal WHERE id = 2');
    expect(await triedAgain(animals)).toMatchObject([{ status: 'done' }, { reason: GONE }]);
    await flow.query(`UPDATE animal SET type = 'Cat' WHERE id = 4`);
    expect(await triedAgain(dogs)).toMatchObject([{ status: 'done' }, { reason: GONE }]);
  });

  it('A hundred late tries are judged one by one', async () => {
    const listener = await listen(Order, 'Joe');
    const orders = Array.from({ length: 100 }, (_, n) =>
      Object.assign(new Order(), { id: n, name: 'Joe' }),
    );
    const first = outcomes(flow.hooks, 100);
    await flow.dataSource.manager.save(orders);
    await first;
    await flow.query(`UPDATE "order" SET name = 'Ann' WHERE id % 2 = 0`);
    const statuses = (await triedAgain(listener)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'skipped')).toHaveLength(50);
    expect(statuses.filter((status) => status === 'done')).toHaveLength(50);
  });
});
