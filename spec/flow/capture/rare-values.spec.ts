import { type ColumnType, EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

interface Case {
  readonly type: ColumnType;
  readonly array?: true;
  /** As PostgreSQL takes it. */
  readonly literals: readonly string[];
}

const CASES: readonly Case[] = [
  { type: 'double precision', literals: ['NaN', '-Infinity', '5e-324', '0.30000000000000004'] },
  { type: 'real', literals: ['0.1', '16777217', 'NaN'] },
  { type: 'numeric', literals: ['NaN', '1e50'] },
  {
    type: 'timestamp',
    literals: [
      'infinity',
      '0044-03-15 12:00:00 BC',
      '0099-01-01 00:00:00',
      '1800-01-01 00:00:00',
      '2024-01-01 00:00:00.999999',
      '12345-01-01 00:00:00',
    ],
  },
  {
    type: 'timestamptz',
    literals: ['-infinity', '0044-03-15 12:00Z BC', '1800-01-01', '12345-01-01 00:00Z'],
  },
  { type: 'timetz', literals: ['12:00+05:30'] },
  { type: 'interval', literals: ['1 year 2 days 03:04:05.5', '0'] },
  { type: 'point', literals: ['(1,2)'] },
  { type: 'circle', literals: ['<(1,2),3>'] },
  { type: 'int4range', literals: ['[1,5)'] },
  { type: 'inet', literals: ['10.0.0.1/24'] },
  { type: 'money', literals: ['12.34'] },
  { type: 'bit varying', literals: ['101'] },
  { type: 'json', literals: ['{"b":1, "a":[1.0]}', 'null', '12345678901234567890'] },
  { type: 'int', array: true, literals: ['{}', '{{1,2},{3,NULL}}'] },
  { type: 'double precision', array: true, literals: ['{1.5,NULL,NaN,Infinity}'] },
  { type: 'numeric', array: true, literals: ['{1.50,12345678901234567890.1}'] },
  { type: 'varchar', array: true, literals: ['{a,"b,c",NULL,"NULL"}'] },
  { type: 'timestamp', array: true, literals: ['{2024-01-01 00:00:00,NULL,infinity}'] },
  { type: 'bytea', array: true, literals: ['{"\\\\x00ff"}'] },
  { type: 'jsonb', array: true, literals: ['{"{\\"a\\":1}"}'] },
  { type: 'interval', array: true, literals: ['{1 day}'] },
  { type: 'point', array: true, literals: ['{"(1,2)"}'] },
];

const nameOf = ({ type, array }: Case): string => `${String(type)}${array ? '[]' : ''}`;
const Rare = new EntitySchema<Record<string, unknown>>({
  name: 'Rare',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    touched: { type: 'boolean', default: false },
    ...Object.fromEntries(
      CASES.map((each) => [
        nameOf(each),
        { type: each.type, array: each.array === true, nullable: true },
      ]),
    ),
  },
}) as EntitySchema;
ModelHook({ provides: '*' })(Rare);

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Rare] });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

const VALUES = CASES.flatMap((each) =>
  each.literals.map((literal) => ({ name: nameOf(each), literal })),
);

describe('the value of a column in an event', () => {
  it.each(VALUES)(
    'The value of type $name in an event equals what find() returns: $literal',
    async ({ name, literal }) => {
      const { manager } = flow.dataSource;
      const [{ id }] = await manager.query(
        `INSERT INTO rare ("${name}") VALUES ($1::text::${name}) RETURNING id`,
        [literal],
      );
      const found = await manager.findOneByOrFail(Rare, { id });
      await manager.save(Rare, { id, touched: true });
      const [event] = await flow.received();
      expect(event?.data[name]).toEqual(json(found[name]));
      expect(event?.changed).toEqual(['touched']);
    },
  );
});

/** As it is sent: bytes in base64. */
function json(value: unknown): unknown {
  const plain = Array.isArray(value)
    ? value.map((item) => (Buffer.isBuffer(item) ? item.toString('base64') : item))
    : value;
  return JSON.parse(JSON.stringify(plain));
}
