import { Client, types as globalTypes, TypeOverrides } from 'pg';
import { type ColumnType, EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { type JsonRecord, toJson } from '../../../lib/base/json';
import { sentRow } from '../../../lib/capture/entity/decode';
import { columnFields } from '../../../lib/hook/field';
import { StoredFlow } from '../../support/application/stored-flow';

interface Case {
  readonly type: ColumnType;
  readonly array?: true;
  readonly enum?: readonly string[];
  readonly length?: number;
  /** As PostgreSQL takes it. */
  readonly literals: readonly string[];
}

const array = (type: ColumnType, ...literals: readonly string[]): Case => ({
  type,
  array: true,
  literals,
});
const scalar = (type: ColumnType, ...literals: readonly string[]): Case => ({ type, literals });

const CASES: readonly Case[] = [
  scalar('smallint', '-32768'),
  scalar('int', '2147483647'),
  scalar('bigint', '9007199254740993', '7'),
  scalar('numeric', 'NaN', '12345678901234567890.10', '0'),
  scalar('real', '0.1', '16777217', '1000000', '1e-5', 'NaN', '-Infinity'),
  scalar('double precision', '0.1', '1e15', '123456789012345', '1e-5', '0.0001', '5e-324', 'NaN'),
  scalar('money', '12.34'),
  scalar('boolean', 'true', 'false'),
  scalar('varchar', 'a "b" \\ ü', ''),
  scalar('text', '{"a":1}', 'true'),
  { type: 'char', length: 5, literals: ['ab'] },
  scalar('citext', 'Ab'),
  scalar('uuid', '6F9619FF-8B86-D011-B42D-00C04FC964FF'),
  { type: 'enum', enum: ['one', 'two words'], literals: ['two words'] },
  scalar('date', '2024-02-29', '0044-03-15 BC', '0099-01-01', '12345-01-01', 'infinity'),
  scalar('time', '23:59:58.5', '24:00'),
  scalar('timetz', '12:00+05:30'),
  scalar(
    'timestamp',
    '2024-02-29 12:34:56.789',
    '2024-01-01 00:00:00.999999',
    '0044-03-15 12:00 BC',
    '12345-01-01',
    '1800-01-01',
    '-infinity',
  ),
  scalar(
    'timestamptz',
    '2024-02-29 12:34:56.789+00',
    '1800-01-01',
    '0044-03-15 12:00Z BC',
    'infinity',
  ),
  scalar('interval', '1 year 2 days 03:04:05.5', '0', '-1 mon'),
  scalar('bytea', '\\x00ff07', ''),
  scalar('json', '{"b":1, "a":[1.0]}', 'null', '12345678901234567890', '"text"', '"\\u0000"'),
  scalar('jsonb', '{"b":1, "a":[1.0]}', 'null', '12345678901234567890', '"text"', '[]'),
  scalar('xml', '<a>1</a>'),
  scalar('bit varying', '101'),
  { type: 'bit', length: 3, literals: ['101'] },
  scalar('inet', '192.168.1.5', '10.0.0.1/24', '::1'),
  scalar('cidr', '10.0.0.0/8'),
  scalar('macaddr', '08-00-2b-01-02-03'),
  scalar('macaddr8', '08-00-2b-01-02-03-04-05'),
  scalar('tsvector', "'fat':2 'rat':3"),
  scalar('tsquery', 'fat & rat'),
  scalar('point', '(1,2)'),
  scalar('line', '{1,2,3}'),
  scalar('lseg', '[(1,2),(3,4)]'),
  scalar('box', '(3,4),(1,2)'),
  scalar('path', '[(1,2),(3,4)]'),
  scalar('polygon', '((1,2),(3,4))'),
  scalar('circle', '<(1,2),3>'),
  scalar('int4range', '[1,5)', 'empty'),
  scalar('int8range', '[1,5)'),
  scalar('numrange', '[1.5,5)'),
  scalar('tsrange', '[2024-01-01,2024-02-01)'),
  scalar('tstzrange', '[2024-01-01,2024-02-01)'),
  scalar('daterange', '[2024-01-01,)'),
  scalar('int4multirange', '{[1,5),[7,9)}'),
  scalar('datemultirange', '{[2024-01-01,2024-02-01)}'),
  scalar('hstore', '"a"=>"1", "b"=>NULL'),
  scalar('ltree', 'Top.Science'),
  scalar('cube', '(1, 2)', '(1,2),(3,4)'),
  scalar('jsonpath', '$.a[*]'),
  array('int', '{}', '{{1,2},{3,NULL}}', '{1,2}'),
  array('smallint', '{1,2}'),
  array('bigint', '{9007199254740993,NULL}', '{7}'),
  array('numeric', '{1.50,12345678901234567890.1}'),
  array('real', '{0.1,NaN}'),
  array('double precision', '{1.5,NULL,NaN,Infinity,1e15}'),
  array('money', '{12.34}'),
  array('boolean', '{t,f,NULL}'),
  array('varchar', '{a,"b,c",NULL,"NULL","","a b","c\\"d"}'),
  array('text', '{"{}","\\\\"}'),
  array('citext', '{Ab,"b,c"}'),
  array('uuid', '{6F9619FF-8B86-D011-B42D-00C04FC964FF}'),
  { type: 'enum', array: true, enum: ['one', 'two words'], literals: ['{one,"two words"}'] },
  array('date', '{2024-02-29,NULL,infinity}'),
  array('time', '{23:59:58.5}'),
  array('timetz', '{12:00+05:30}'),
  array('timestamp', '{2024-01-01 00:00:00,NULL,infinity}'),
  array('timestamptz', '{2024-01-01 00:00:00+00,NULL}'),
  array('interval', '{1 day}'),
  array('bytea', '{"\\\\x00ff"}'),
  array('json', '{"{\\"a\\":1}",null}'),
  array('jsonb', '{"{\\"a\\":1}"}'),
  array('inet', '{192.168.1.5,10.0.0.1/24}'),
  array('point', '{"(1,2)"}'),
  array('int4range', '{"[1,5)"}'),
  array('daterange', '{"[2024-01-01,2024-02-01)"}'),
  array('cube', '{"(1,2)"}'),
  array('xml', '{<a/>}'),
];

const nameOf = ({ type, array: isArray }: Case): string => `${String(type)}${isArray ? '[]' : ''}`;
const sqlTypeOf = (each: Case): string => {
  if (each.enum) return `found_${each.array ? 'enum__' : 'enum'}_enum${each.array ? '[]' : ''}`;
  return each.length ? `${nameOf(each)}(${each.length})` : nameOf(each);
};

const Found = new EntitySchema<Record<string, unknown>>({
  name: 'found',
  columns: {
    // Its parser stays: TypeORM could not find a row again whose key is altered.
    id: { type: 'varchar', primary: true, default: () => 'gen_random_uuid()' },
    touched: { type: 'boolean', default: false },
    ...Object.fromEntries(
      CASES.map(({ literals: _, ...each }) => [
        nameOf(each as Case),
        {
          ...each,
          array: each.array === true,
          nullable: true,
          name: nameOf(each as Case).replace('[]', '__'),
          ...(each.type === 'hstore' && { hstoreType: 'string' }),
          ...(each.enum && { enumName: sqlTypeOf(each as Case).replace('[]', '') }),
        },
      ]),
    ),
  },
} as never) as EntitySchema;
ModelHook({ provides: '*' })(Found);
ModelHook({ name: 'exactly', provides: '*', exactPrevious: true })(Found);
const heard: Record<string, unknown>[] = [];
ModelHook({
  name: 'computing',
  provides: '*',
  compute: {
    computed: (row: Record<string, unknown>) => {
      heard.push(row);
      return null;
    },
  },
} as never)(Found);

type Parser = (text: string) => unknown;
const PARSERS: Readonly<Record<string, Readonly<Record<number, Parser>>>> = {
  'those of pg': {},
  'texts only': Object.fromEntries(
    [
      16, 17, 20, 21, 23, 114, 600, 700, 701, 718, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950,
      3802, 869, 3904, 1000, 1005, 1007, 1009, 1015, 1016, 1017, 1021, 1022, 1041, 1115, 1182, 1183,
      1185, 1187, 1231, 199, 3807, 1001,
    ].map((oid) => [oid, (text: string) => text]),
  ),
  'those of an application': {
    16: (text) => (text === 't' ? 'yes' : 'no'),
    17: (text) => text.length,
    20: BigInt,
    21: (text) => ({ small: Number(text) }),
    23: (text) => ({ int: Number(text) }),
    114: (text) => ({ json: JSON.parse(text) }),
    600: (text) => ({ point: text }),
    700: (text) => ({ float: Number(text) }),
    701: (text) => text.toUpperCase(),
    869: (text) => ({ ip: text }),
    1007: (text) => text.length,
    1016: (text) =>
      text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : BigInt(item))),
    1082: (text) => new Date(`${text}T00:00:00+14:00`),
    1083: (text) => ({ time: text }),
    1114: (text) => new Date(`${text}Z`),
    1115: (text) => [text],
    1182: (text) =>
      text
        .slice(1, -1)
        .split(',')
        .map((item) => new Date(item)),
    1184: (text) => Date.parse(text),
    1186: (text) => text.length,
    1231: (text) => text,
    1700: Number,
    2950: (text) => text.toUpperCase(),
    3802: (text) => ({ jsonb: text }),
    3904: (text) => text.slice(1, -1).split(','),
  },
  'numbers for bigints': {
    20: Number,
    1016: (text) => JSON.parse(`[${text.slice(1, -1).toLowerCase()}]`),
  },
};
/** Those that have the texts of the database whatever the parsers. */
const TEXTS: readonly ColumnType[] = ['bigint', 'date', 'time', 'timetz'];

const overrides = new TypeOverrides(globalTypes);
let flow: StoredFlow;
let client: Client;
beforeAll(async () => {
  flow = await StoredFlow.start({
    entities: [Found],
    dataSource: { extra: { types: overrides } },
  });
  client = new Client({ connectionString: flow.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await flow.stop();
});

/** Rare values of a type where the parsers are those of pg, one value of each type elsewhere. */
const valuesFor = (parsers: string) =>
  CASES.flatMap((each) =>
    each.literals
      .slice(0, parsers === 'those of pg' ? undefined : 1)
      .map((literal) => ({ each, name: nameOf(each), literal })),
  );

interface Row {
  readonly hook: string;
  readonly data: JsonRecord;
  readonly previous: JsonRecord;
  readonly raw_previous: boolean;
}

/** The events of an update as they are sent, by hook. */
async function eventsOf(write: () => Promise<unknown>) {
  await client.query('TRUNCATE model_hook_event');
  await write();
  const { rows } = await client.query<Row>(
    'SELECT hook, data, previous, raw_previous FROM model_hook_event ORDER BY hook',
  );
  const { dataSource } = flow;
  const fields = [...columnFields(dataSource, dataSource.getMetadata(Found)).values()];
  return rows.map(({ hook, data, previous, raw_previous }) => ({
    hook,
    data: sentRow(dataSource, fields, data),
    previous: raw_previous ? sentRow(dataSource, fields, previous) : previous,
  }));
}

describe.each(Object.keys(PARSERS))('the values of events where the parsers are %s', (parsers) => {
  beforeAll(() => {
    for (const [oid, parser] of Object.entries(PARSERS[parsers] ?? {}))
      overrides.setTypeParser(Number(oid), parser as never);
  });
  afterAll(() => {
    for (const oid of Object.keys(PARSERS[parsers] ?? {}))
      overrides.setTypeParser(Number(oid), globalTypes.getTypeParser(Number(oid)) as never);
  });

  it.each(valuesFor(parsers))(
    'The value of type $name equals what find() returns: $literal',
    async (value) => {
      const { each, name, literal } = value;
      const column = `"${name.replace('[]', '__')}"`;
      const { rows } = await client.query(
        `INSERT INTO found (${column}) VALUES ($1::text::${sqlTypeOf(each)})
       RETURNING id, format('%s', ${column}) AS text, to_json(${column}) AS json`,
        [literal],
      );
      const { id, text, json } = rows[0];
      const { manager } = flow.dataSource;
      const found = await manager.findOneByOrFail(Found, { id: rows[0].id });
      const kept = each.array ? (each.type === 'bigint' ? json.map(texts) : json) : text;
      const expected = TEXTS.includes(each.type) ? kept : toJson(found[name]);
      heard.length = 0;
      const touched = await eventsOf(() => manager.save(Found, { id, touched: true }));
      for (const { data } of touched) expect(data[name]).toEqual(expected);
      expect(heard).toHaveLength(2);
      for (const row of heard) expect(toJson(row[name])).toEqual(toJson(found[name]));
      const emptied = await eventsOf(() =>
        manager.save(Found, { id, touched: true, [name]: null }),
      );
      // A value that JSON cannot hold is sent as null, so that it does not change.
      if (expected !== null) expect(emptied).toHaveLength(3);
      for (const { data, previous } of emptied) {
        expect(data[name]).toBeNull();
        expect(previous[name]).toEqual(expected);
      }
      function texts(item: unknown): unknown {
        return item === null ? null : text.slice(1, -1).split(',')[json.indexOf(item)];
      }
    },
  );
});

describe('the values of types whose OID differs in each database', () => {
  it.each(['hstore', 'citext', 'citext[]', 'ltree', 'enum', 'enum[]'])(
    'The parser of the application for %s is used',
    async (name) => {
      const column = name.replace('[]', '__');
      const { rows } = await client.query(
        `SELECT atttypid::int AS oid FROM pg_attribute WHERE attrelid = 'found'::regclass AND attname = $1`,
        [column],
      );
      overrides.setTypeParser(
        rows[0].oid,
        ((text: string) => `{"parsed ${text.length}"}`) as never,
      );
      const [literal = ''] = CASES.find((each) => nameOf(each) === name)?.literals ?? [];
      const { manager } = flow.dataSource;
      const inserted = await client.query(
        `INSERT INTO found ("${column}") VALUES ($1) RETURNING id`,
        [literal],
      );
      const { id } = inserted.rows[0];
      const found = await manager.findOneByOrFail(Found, { id });
      const events = await eventsOf(() => manager.save(Found, { id, touched: true }));
      expect(JSON.stringify(found[name])).toContain('parsed');
      for (const { data } of events) expect(data[name]).toEqual(toJson(found[name]));
      overrides.setTypeParser(rows[0].oid, String as never);
    },
  );
});
