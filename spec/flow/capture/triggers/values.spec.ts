import { type ColumnType, EntitySchema } from 'typeorm';
import { ModelHook } from '../../../../lib';
import type { StoredFlow } from '../../../support/application/stored-flow';
import { startTriggersFlow } from '../../../support/application/triggers-flow';

interface Case {
  readonly type: ColumnType;
  readonly array?: true;
  /** As PostgreSQL takes it. */
  readonly literal: string;
  readonly other: string;
}

const CASES: readonly Case[] = [
  { type: 'double precision', literal: 'NaN', other: '0.30000000000000004' },
  { type: 'real', literal: '0.1', other: '16777217' },
  { type: 'numeric', literal: '1.50', other: '1e50' },
  { type: 'bigint', literal: '9007199254740993', other: '-1' },
  { type: 'timestamp', literal: '0044-03-15 12:00:00 BC', other: 'infinity' },
  { type: 'timestamptz', literal: '2024-05-06 07:08:09.123456+02', other: '-infinity' },
  { type: 'date', literal: '2024-02-01', other: '0044-03-15 BC' },
  { type: 'timetz', literal: '12:00+05:30', other: '00:00Z' },
  { type: 'interval', literal: '1 year 2 days 03:04:05.5', other: '0' },
  { type: 'point', literal: '(1,2)', other: '(3,4)' },
  { type: 'int4range', literal: '[1,5)', other: 'empty' },
  { type: 'tstzrange', literal: '[2020-01-02 03:04Z,)', other: 'empty' },
  { type: 'inet', literal: '192.168.1.5', other: '10.0.0.1/24' },
  { type: 'bit varying', literal: '101', other: '1' },
  { type: 'bytea', literal: '\\xdeadbeef', other: '\\x' },
  { type: 'json', literal: '{"b":1, "a":[1.0, "\\u0000"]}', other: 'null' },
  { type: 'jsonb', literal: '{"b":1}', other: '[]' },
  { type: 'int', array: true, literal: '{{1,2},{3,NULL}}', other: '{}' },
  { type: 'date', array: true, literal: '{2024-02-01}', other: '{}' },
  { type: 'interval', array: true, literal: '{1 day}', other: '{}' },
  { type: 'bytea', array: true, literal: '{"\\\\xdead"}', other: '{}' },
  { type: 'double precision', array: true, literal: '{0.1,0.30000000000000004}', other: '{}' },
];

const columns = Object.fromEntries(
  CASES.map(({ type, array }, n) => [`c${n}`, { type, array: array ?? false, nullable: true }]),
);
const Sample = new EntitySchema<Record<string, unknown>>({
  name: 'sample',
  tableName: 'sample',
  columns: { id: { type: 'int', primary: true }, ...columns } as never,
});
ModelHook({ name: 'byTriggers', provides: '*' })(Sample);
ModelHook({ name: 'bySubscribers', provides: '*', capture: 'subscribers' })(Sample);

let flow: StoredFlow;
beforeAll(async () => {
  flow = await startTriggersFlow({ entities: [Sample] });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.query('DELETE FROM sample');
  await flow.forget();
});

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const values = (of: 'literal' | 'other'): Record<string, () => string> =>
  Object.fromEntries(CASES.map((one, n) => [`c${n}`, () => quoted(one[of])]));

/** What is stored, as text. */
function textsOf(hook: string): Promise<readonly object[]> {
  return flow.query(
    `SELECT operation, shape, raw_previous, data::text AS data, previous::text AS previous
     FROM model_hook_event WHERE hook = $1 ORDER BY id`,
    [hook],
  );
}

async function writeAll(): Promise<void> {
  const samples = flow.dataSource.getRepository(Sample);
  await samples.insert({ id: 1, ...values('literal') } as never);
  await samples.update({ id: 1 }, values('other') as never);
  await samples.delete({ id: 1 });
}

/** Members of an object stand in the order in which each capture reads the columns. */
const parsed = (rows: readonly object[]): readonly unknown[] =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        name === 'data' || name === 'previous' ? JSON.parse(value ?? 'null') : value,
      ]),
    ),
  );

describe('the values that triggers store', () => {
  it('They are those that subscribers store, for each type', async () => {
    await writeAll();
    const ours = parsed(await textsOf('byTriggers'));
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(parsed(await textsOf('bySubscribers')));
  });

  it('They do not depend on the notation that the session of the writer uses', async () => {
    await flow.query(
      `INSERT INTO sample VALUES (1, ${CASES.map(({ literal }) => quoted(literal)).join(', ')})`,
    );
    const [expected] = await textsOf('byTriggers');
    await flow.query('DELETE FROM sample');
    await flow.forget();
    await flow.dataSource.transaction(async (manager) => {
      for (const setting of [
        `DateStyle = 'German'`,
        'IntervalStyle = iso_8601',
        'bytea_output = escape',
        'extra_float_digits = -4',
        'standard_conforming_strings = on',
      ])
        await manager.query(`SET LOCAL ${setting}`);
      await manager.query(
        `INSERT INTO sample VALUES (1, ${CASES.map(({ literal }) => quoted(literal)).join(', ')})`,
      );
    });
    expect(await textsOf('byTriggers')).toEqual([expected]);
  });
});
