import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';
import { type Envelope, ReceivingFlow } from '../../support/application/receiving-flow';

type Colour = 'red' | 'dark blue' | 'it\'s, "odd"';
const COLOURS = ['red', 'dark blue', 'it\'s, "odd"'] as const;
const CENTS = {
  to: (euros: number | null) => (euros === null ? null : Math.round(euros * 100)),
  from: (cents: string | null) => (cents === null ? null : Number(cents) / 100),
};

/** One value of each type, seen by three hooks that come by values in different ways. */
@Entity()
@ModelHook({ provides: '*' })
@ModelHook({ name: 'exact', provides: '*', exactPrevious: true })
@ModelHook({ name: 'computing', provides: '*', compute: { seen: (row: Sample) => row.label } })
class Sample {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  label!: string;

  @Column({ type: 'text', nullable: true })
  text!: string | null;

  @Column({ type: 'integer', nullable: true })
  integer!: number | null;

  @Column({ type: 'double precision', nullable: true })
  double!: number | null;

  @Column({ type: 'bigint', nullable: true })
  bigint!: string | null;

  @Column({ type: 'decimal', precision: 30, scale: 10, nullable: true })
  decimal!: string | null;

  @Column({ type: 'boolean', nullable: true })
  boolean!: boolean | null;

  @Column({ type: 'date', nullable: true })
  date!: string | null;

  @Column({ type: 'time', nullable: true })
  time!: string | null;

  @Column({ type: 'timestamp', nullable: true })
  timestamp!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  timestamptz!: Date | null;

  @Column({ type: 'jsonb', nullable: true })
  jsonb!: unknown;

  @Column({ type: 'text', array: true, nullable: true })
  texts!: string[] | null;

  @Column({ type: 'bigint', array: true, nullable: true })
  bigints!: string[] | null;

  @Column({ type: 'timestamptz', array: true, nullable: true })
  instants!: Date[] | null;

  @Column({ type: 'enum', enum: COLOURS, nullable: true })
  colour!: Colour | null;

  @Column({ type: 'enum', enum: COLOURS, array: true, nullable: true })
  colours!: Colour[] | null;

  @Column({ type: 'simple-array', nullable: true })
  simpleArray!: string[] | null;

  @Column({ type: 'simple-json', nullable: true })
  simpleJson!: unknown;

  @Column({ type: 'bytea', nullable: true })
  bytea!: Buffer | null;

  @Column({ type: 'uuid', nullable: true })
  uuid!: string | null;

  @Column({ type: 'integer', transformer: CENTS, nullable: true })
  euros!: number | null;

  @Column({ type: 'int', name: "it's a Näme; --", nullable: true })
  quoted!: number | null;
}

const INSTANT = '2024-02-29T12:34:56.789Z';
const LONG = Buffer.from(Array.from({ length: 100 }, (_, n) => (n * 7) % 256));

/** As the application writes it, and as a receiver reads it. */
const VALUES: Readonly<Record<Exclude<keyof Sample, 'id' | 'label'>, readonly [unknown, unknown]>> =
  {
    text: ['Grüße\n"𝄞" \\', 'Grüße\n"𝄞" \\'],
    integer: [-2147483648, -2147483648],
    double: [0.1, 0.1],
    bigint: ['9007199254740993', '9007199254740993'],
    decimal: ['12345678901234567890.5', '12345678901234567890.5000000000'],
    boolean: [false, false],
    date: ['2024-02-29', '2024-02-29'],
    time: ['23:59:58.5', '23:59:58.5'],
    timestamp: [new Date(INSTANT), INSTANT],
    timestamptz: [new Date(INSTANT), INSTANT],
    jsonb: [{ deep: [1, null, { a: 'b' }] }, { deep: [1, null, { a: 'b' }] }],
    texts: [
      ['a,b', 'c"d', ''],
      ['a,b', 'c"d', ''],
    ],
    bigints: [
      ['9007199254740993', '-1'],
      ['9007199254740993', '-1'],
    ],
    instants: [[new Date(INSTANT)], [INSTANT]],
    colour: [COLOURS[2], COLOURS[2]],
    colours: [
      ['red', 'dark blue'],
      ['red', 'dark blue'],
    ],
    simpleArray: [
      ['a', 'b'],
      ['a', 'b'],
    ],
    simpleJson: [{ a: [1] }, { a: [1] }],
    bytea: [LONG, LONG.toString('base64')],
    uuid: ['6F9619FF-8B86-D011-B42D-00C04FC964FF', '6f9619ff-8b86-d011-b42d-00c04fc964ff'],
    euros: [12.34, 12.34],
    quoted: [7, 7],
  };
const FIELDS = Object.keys(VALUES);
const WRITTEN = Object.fromEntries(
  Object.entries(VALUES).map(([field, [value]]) => [field, value]),
);
const READ = Object.fromEntries(Object.entries(VALUES).map(([field, [, value]]) => [field, value]));
const NULLS = Object.fromEntries(FIELDS.map((field) => [field, null]));

let flow: ReceivingFlow;
let saved: Sample;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Sample] });
});
afterAll(() => flow.stop());

/** The events of one write, by the hook that made them; what `compute` adds and the key are left out. */
async function eventsOf(write: () => Promise<unknown>): Promise<readonly Envelope[]> {
  await flow.forget();
  await write();
  const told = await flow.received();
  expect(told.map(({ event }) => event.split('.')[0]).sort()).toEqual([
    'computing',
    'exact',
    'sample',
  ]);
  const without = ({ seen: _, id: __, ...values }: Readonly<Record<string, unknown>>) => values;
  return told.map((envelope) => ({
    ...envelope,
    data: without(envelope.data),
    previous: envelope.previous && without(envelope.previous),
    changed: envelope.changed.filter((field) => field !== 'seen' && field !== 'id').sort(),
  }));
}

const save = (values: object) => flow.dataSource.manager.save(Sample, values as Sample);

describe('the values of an event', () => {
  beforeEach(async () => {
    saved = await save({ label: 'full', ...WRITTEN });
  });

  it('The values of an event are right when a row is inserted', async () => {
    const events = await eventsOf(() => save({ label: 'new', ...WRITTEN }));
    for (const { data, previous, changed } of events) {
      expect(data).toEqual({ label: 'new', ...READ });
      expect(previous).toBeNull();
      expect(changed).toEqual(['label', ...FIELDS].sort());
    }
  });

  it('The values of an event equal those that find() returns', async () => {
    const [{ data }] = (await eventsOf(() => save({ label: 'found', ...WRITTEN }))) as [Envelope];
    const found = await flow.dataSource.manager.findOneByOrFail(Sample, { label: 'found' });
    const { id: _, ...columns } = { ...found, bytea: found.bytea?.toString('base64') };
    expect(data).toEqual(JSON.parse(JSON.stringify(columns)));
  });

  it('The values of an event are right when one field is saved, and only that field has changed', async () => {
    const events = await eventsOf(() => save({ id: saved.id, label: 'renamed' }));
    for (const { data, previous, changed } of events) {
      expect(data).toEqual({ label: 'renamed', ...READ });
      expect(previous).toEqual({ label: 'full', ...READ });
      expect(changed).toEqual(['label']);
    }
  });

  it('The values of an event are right when the whole entity is loaded and saved', async () => {
    const loaded = await flow.dataSource.manager.findOneByOrFail(Sample, { id: saved.id });
    const events = await eventsOf(() => save(Object.assign(loaded, { label: 'renamed' })));
    for (const { data, changed } of events) {
      expect(data).toEqual({ label: 'renamed', ...READ });
      expect(changed).toEqual(['label']);
    }
  });

  it('The values of an event are right when each field becomes null', async () => {
    const events = await eventsOf(() => save({ id: saved.id, ...NULLS }));
    for (const { data, previous, changed } of events) {
      expect(data).toEqual({ label: 'full', ...NULLS });
      expect(previous).toEqual({ label: 'full', ...READ });
      expect(changed).toEqual([...FIELDS].sort());
    }
  });

  it('The values of an event are right when each field was null before', async () => {
    const { id } = await save({ label: 'empty', ...NULLS });
    const events = await eventsOf(() => save({ id, ...WRITTEN }));
    for (const { data, previous, changed } of events) {
      expect(data).toEqual({ label: 'empty', ...READ });
      expect(previous).toEqual({ label: 'empty', ...NULLS });
      expect(changed).toEqual([...FIELDS].sort());
    }
  });

  it.each(FIELDS)('A change of %s alone is reported as the only change', async (field) => {
    const events = await eventsOf(() => save({ id: saved.id, [field]: null }));
    for (const { data, previous, changed } of events) {
      expect(data).toEqual({ label: 'full', ...READ, [field]: null });
      expect(previous).toEqual({ label: 'full', ...READ });
      expect(changed).toEqual([field]);
    }
  });

  it('The values of an event are the old ones when the row is removed', async () => {
    const events = await eventsOf(() => flow.dataSource.manager.remove(Sample, saved));
    for (const { data, previous, changed } of events) {
      expect(data).toEqual({ label: 'full', ...READ });
      expect(previous).toBeNull();
      expect(changed).toEqual([]);
    }
  });
});
