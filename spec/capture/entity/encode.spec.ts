import { type DataSource, EntitySchema } from 'typeorm';
import { toJson } from '../../../lib/base/json';
import { decode } from '../../../lib/capture/entity/decode';
import { encode } from '../../../lib/capture/entity/encode';
import { newDataSource } from '../../support/application/application';
import { createDatabase, type Database } from '../../support/application/database';

interface Case {
  readonly type: string;
  readonly value: unknown;
  readonly array?: true;
}

const INSTANT = new Date('2024-02-29T12:34:56.789Z');
/** Values as `find()` gives them. */
const EXACT: readonly Case[] = [
  { type: 'text', value: 'Grüße "𝄞"' },
  { type: 'int', value: -7 },
  { type: 'bigint', value: '9007199254740993' },
  { type: 'numeric', value: '12345678901234567890.50' },
  { type: 'double precision', value: 0.1 },
  { type: 'double precision', value: Number.NaN },
  { type: 'boolean', value: false },
  { type: 'uuid', value: '6f9619ff-8b86-d011-b42d-00c04fc964ff' },
  { type: 'date', value: '2024-02-29' },
  { type: 'time', value: '23:59:58.5' },
  { type: 'timestamp', value: INSTANT },
  { type: 'timestamptz', value: INSTANT },
  { type: 'timestamptz', value: Number.POSITIVE_INFINITY },
  { type: 'jsonb', value: { deep: [1, null, { a: 'b' }] } },
  { type: 'bytea', value: Buffer.from([0, 255, 7]) },
  { type: 'simple-array', value: ['a', 'b'] },
  { type: 'simple-json', value: { a: [1] } },
  { type: 'text', array: true, value: ['a,b', 'c"d', ''] },
  { type: 'bigint', array: true, value: ['9007199254740993'] },
  { type: 'timestamptz', array: true, value: [INSTANT, null] },
];
/** Values whose stored form this process cannot make. */
const INEXACT: readonly Case[] = [
  { type: 'simple-json', value: 'a text' },
  { type: 'point', value: { x: 1, y: 2 } },
  { type: 'cube', value: [1, 2] },
];
const CASES = [...EXACT, ...INEXACT];
const nameOf = ({ type, array }: Case): string => `${type}${array ? '[]' : ''}`;

const Encoded = new EntitySchema<Record<string, unknown>>({
  name: 'Encoded',
  columns: {
    id: { type: 'int', primary: true },
    transformed: { type: 'int', transformer: { to: fail, from: fail } },
    ...Object.fromEntries(
      CASES.map((each) => [
        nameOf(each),
        { type: each.type as 'int', array: each.array === true, nullable: true },
      ]),
    ),
  },
});

function fail(): never {
  throw new Error('A transformer was called.');
}

let database: Database;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createDatabase();
  dataSource = newDataSource(database.url, { entities: [Encoded as EntitySchema] });
  await dataSource.initialize();
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

function columnOf(name: string) {
  const column = dataSource.getMetadata('Encoded').findColumnWithPropertyName(name);
  if (!column) throw new Error(`There is no column ${name}.`);
  return column;
}

describe('encode', () => {
  it.each(EXACT.map((each) => ({ ...each, name: nameOf(each) })))(
    'The raw form of a loaded value of type $name decodes to the same value: $value',
    ({ name, value }) => {
      const column = columnOf(name);
      const raw = encode(dataSource, column, value);
      if (raw === undefined) throw new Error('There is no raw form.');
      expect(toJson(decode(dataSource, column, JSON.parse(JSON.stringify(raw))))).toEqual(
        toJson(value),
      );
    },
  );

  it.each(EXACT.map((each) => ({ name: nameOf(each) })))(
    'The raw form of null is null in a column of type $name',
    ({ name }) => {
      expect(encode(dataSource, columnOf(name), null)).toBeNull();
    },
  );

  it.each(INEXACT.map((each) => ({ ...each, name: nameOf(each) })))(
    'A loaded value of type $name that does not decode to itself has no raw form: $value',
    ({ name, value }) => {
      expect(encode(dataSource, columnOf(name), value)).toBeUndefined();
    },
  );

  it('A value of a column with a transformer has no raw form, and the transformer is not called', () => {
    expect(encode(dataSource, columnOf('transformed'), 1)).toBeUndefined();
  });
});
