import fc from 'fast-check';
import { type DataSource, EntitySchema } from 'typeorm';
import { rowId, rowIdSql, rowKeyTextsSql } from '../../../lib/capture/entity/row-id';
import { newDataSource } from '../../support/application/application';
import { createDatabase, type Database } from '../../support/application/database';

const HOOK = 'höok "a"\\b';
/** Key types, with texts that PostgreSQL takes for them. */
const KEYS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  uuid: fc.uuid(),
  text: fc
    .array(fc.constantFrom('', 'a', 'ß', '𝄞', '\x1f', "'", '"', '\\', '\n', ' ', '\ufffd', 'É'))
    .map((parts) => parts.join('')),
  numeric: fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(12))
    .map(([digits, scale]) => `${digits}e-${scale}`),
  'double precision': fc.double().map((value) => String(value)),
  timestamptz: fc.oneof(
    fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
      .map((at) => at.toISOString()),
    fc.constantFrom('infinity', '-infinity', '0044-03-15 12:00Z BC', '2024-01-01 00:00:00.999999Z'),
  ),
  timestamp: fc.constantFrom('infinity', '2024-02-29 12:34:56.789', '0044-03-15 12:00 BC'),
  date: fc.constantFrom('2024-02-29', '0044-03-15 BC', '1999-12-31', '12345-01-01', '-infinity'),
  interval: fc.constantFrom('1 year 2 days 03:04:05.5', '-1 mon', '0'),
  bytea: fc.uint8Array({ maxLength: 8 }).map((b) => `\\x${Buffer.from(b).toString('hex')}`),
};
const TYPES = Object.keys(KEYS);
const tableOf = (type: string): string => `keyed_${type.replaceAll(' ', '_')}`;

const entities = TYPES.map(
  (type) =>
    new EntitySchema({
      name: tableOf(type),
      tableName: tableOf(type),
      columns: { id: { type: type as 'int', primary: true } },
    }),
);
const Composite = new EntitySchema({
  name: 'composite',
  columns: {
    one: { type: 'text', primary: true },
    at: { type: 'timestamptz', primary: true },
    two: { type: 'int', primary: true },
  },
});

/** Settings that change how PostgreSQL writes values. */
const SETTINGS = [
  {},
  {
    DateStyle: 'German',
    TimeZone: 'Asia/Kathmandu',
    IntervalStyle: 'iso_8601',
    extra_float_digits: '-15',
    bytea_output: 'escape',
  },
  { DateStyle: 'SQL, DMY', TimeZone: 'America/St_Johns', IntervalStyle: 'sql_standard' },
] as const;

let database: Database;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createDatabase();
  dataSource = newDataSource(database.url, { entities: [...entities, Composite] });
  await dataSource.initialize();
  await dataSource.synchronize();
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

/** The id in SQL and in JavaScript of the only row of a class, under some settings. */
async function idsOf(entity: string, settings: Readonly<Record<string, string>>) {
  const metadata = dataSource.getMetadata(entity);
  const texts = rowKeyTextsSql(dataSource, metadata, 't');
  return dataSource.transaction(async (manager) => {
    for (const [name, value] of Object.entries(settings))
      await manager.query('SELECT set_config($1, $2, true)', [name, value]);
    const [row] = await manager.query<{ id: string; key: string[] }[]>(
      `SELECT ${rowIdSql('$1::text', texts)} AS id, json_build_array(${texts.join(', ')}) AS key FROM "${metadata.tableName}" t`,
      [HOOK],
    );
    const key = row?.key ?? [];
    return { key, sql: row?.id.replaceAll('-', ''), javaScript: rowId(HOOK, key) };
  });
}

/** Stores one row in place of the one before. */
async function store(entity: string, columns: Readonly<Record<string, readonly [string, string]>>) {
  const { tableName } = dataSource.getMetadata(entity);
  await dataSource.query(`TRUNCATE "${tableName}"`);
  const casts = Object.values(columns).map(([type], n) => `$${n + 1}::text::${type}`);
  await dataSource.query(
    `INSERT INTO "${tableName}" (${Object.keys(columns).join(', ')}) VALUES (${casts.join(', ')})`,
    Object.values(columns).map(([, text]) => text),
  );
}

async function expectOneId(entity: string): Promise<void> {
  const ids = [];
  for (const settings of SETTINGS) ids.push(await idsOf(entity, settings));
  for (const { sql, javaScript } of ids) expect(sql).toBe(javaScript);
  expect(new Set(ids.map(({ sql }) => sql)).size).toBe(1);
}

describe('rowIdSql and rowId', () => {
  it.each(TYPES)(
    'SQL and JavaScript compute one row id for a key of type %s, under any settings of the session',
    async (type) => {
      await fc.assert(
        fc.asyncProperty(KEYS[type] ?? fc.constant(''), async (text) => {
          await store(tableOf(type), { id: [type, text] });
          await expectOneId(tableOf(type));
        }),
        { numRuns: 15 },
      );
    },
  );

  it('SQL and JavaScript compute one row id for a key of several columns', async () => {
    await fc.assert(
      fc.asyncProperty(
        KEYS.text as fc.Arbitrary<string>,
        KEYS.timestamptz as fc.Arbitrary<string>,
        KEYS.int as fc.Arbitrary<string>,
        async (one, at, two) => {
          await store('composite', {
            one: ['text', one],
            at: ['timestamptz', at],
            two: ['int', two],
          });
          await expectOneId('composite');
        },
      ),
      { numRuns: 15 },
    );
  });

  it('SQL and JavaScript compute one row id for any text, such as the `ref` of a defined hook', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const ref = text.replaceAll('\0', '').toWellFormed();
        const [row] = await dataSource.query(`SELECT ${rowIdSql('$1::text', ['$2::text'])} AS id`, [
          HOOK,
          ref,
        ]);
        expect(rowId(HOOK, [text])).toBe(row.id.replaceAll('-', ''));
      }),
      { numRuns: 50 },
    );
  });

  it('Row ids differ for different hooks and for different keys', () => {
    const ids = [rowId('a', ['1']), rowId('b', ['1']), rowId('a', ['2']), rowId('a', ['1', ''])];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
