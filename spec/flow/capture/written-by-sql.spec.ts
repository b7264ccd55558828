import { Column, Entity, PrimaryColumn } from 'typeorm';
import { ModelHook } from '../../../lib';
import { objectSql } from '../../../lib/capture/entity/object-sql';
import { rowIdSql, rowKeyTextsSql } from '../../../lib/capture/entity/row-id';
import { columnFields, isOrdinary } from '../../../lib/hook/field';
import { ReceivingFlow } from '../../support/application/receiving-flow';

const EUROS = { to: (euros: number) => euros * 100, from: (cents: number) => cents / 100 };

/** A row whose events are copied, computed, and made of the exact old row. */
@Entity()
@ModelHook({ provides: '*' })
@ModelHook({ name: 'computing', provides: '*', compute: { loud: (row: Meter) => `${row.label}!` } })
@ModelHook({ name: 'exact', provides: '*', exactPrevious: true })
class Meter {
  @PrimaryColumn({ type: 'timestamptz' })
  since!: Date;

  @PrimaryColumn({ type: 'double precision' })
  place!: number;

  @Column({ type: 'varchar' })
  label!: string;

  @Column({ type: 'integer', transformer: EUROS })
  euros!: number;

  @Column({ type: 'timestamptz' })
  read!: Date;

  @Column({ type: 'simple-array' })
  tags!: string[];
}

const READ = new Date('2024-02-29T12:34:56.789Z');

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Meter] });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.forget();
  await flow.dataSource.query('DELETE FROM meter');
});

function saved(): Promise<Meter> {
  const values = { since: READ, place: 0.1, label: 'one', euros: 5, read: READ, tags: ['a'] };
  return flow.dataSource.manager.save(Object.assign(new Meter(), values));
}

/** Changes the row and writes the event, as a trigger would: without a process, and without JavaScript. */
async function updateBySql(): Promise<void> {
  const { dataSource } = flow;
  const metadata = dataSource.getMetadata(Meter);
  const fields = [...columnFields(dataSource, metadata).values()].filter(isOrdinary);
  const rowId = rowIdSql("'meter'", rowKeyTextsSql(dataSource, metadata, 'n'));
  await dataSource.transaction(async (manager) => {
    await manager.query(`CREATE TEMPORARY TABLE old ON COMMIT DROP AS SELECT * FROM meter`);
    await manager.query(`SET LOCAL "TimeZone" = 'Asia/Kathmandu'`);
    await manager.query(
      `UPDATE meter SET label = 'two', euros = 950, tags = 'a,b', read = '2025-01-01T00:00:00Z'`,
    );
    await manager.query(
      `INSERT INTO model_hook_event (id, hook, event, operation, data, previous, raw_previous, row_id)
       SELECT gen_random_uuid(), 'meter', 'meter.updated', 'update', ${objectSql(dataSource, fields, 'n')},
         ${objectSql(dataSource, fields, 'o')}, true, ${rowId}
       FROM meter n CROSS JOIN old o`,
    );
  });
}

describe('an event that SQL wrote', () => {
  it('An event that SQL wrote is delivered like one that a subscriber wrote', async () => {
    await saved();
    await flow.received();
    await flow.forget();
    await updateBySql();
    const received = await flow.received();
    expect(received).toHaveLength(1);
    const [first] = received;
    const { event, operation, data, previous, changed = [] } = first ?? {};
    expect([event, operation]).toEqual(['meter.updated', 'update']);
    expect(data).toEqual({
      since: READ.toISOString(),
      place: 0.1,
      label: 'two',
      euros: 9.5,
      read: '2025-01-01T00:00:00.000Z',
      tags: ['a', 'b'],
    });
    expect(previous).toEqual({
      ...data,
      label: 'one',
      euros: 5,
      read: READ.toISOString(),
      tags: ['a'],
    });
    expect([...changed].sort()).toEqual(['euros', 'label', 'read', 'tags']);
  });

  it('An event that SQL wrote has the row id of the events that subscribers write of the same row', async () => {
    const meter = await saved();
    await flow.dataSource.manager.save(Object.assign(meter, { label: 'renamed' }));
    await updateBySql();
    await flow.dataSource.manager.remove(meter);
    const rows: readonly { hook: string; ids: number; events: number }[] =
      await flow.dataSource.query(
        `SELECT hook, count(DISTINCT row_id)::int AS ids, count(*)::int AS events FROM model_hook_event
         GROUP BY hook ORDER BY hook`,
      );
    expect(rows).toEqual([
      { hook: 'computing', ids: 1, events: 3 },
      { hook: 'exact', ids: 1, events: 3 },
      { hook: 'meter', ids: 1, events: 4 },
    ]);
  });
});

describe('the old values of an event', () => {
  it('Old values are stored as the database writes them, those of a column with a transformer too', async () => {
    const meter = await saved();
    await flow.dataSource.manager.save(Object.assign(meter, { tags: ['b'], read: new Date(0) }));
    await flow.dataSource.manager.save(Object.assign(meter, { euros: 7 }));
    const rows: readonly { hook: string; raw: boolean[] }[] = await flow.dataSource.query(
      `SELECT hook, array_agg(raw_previous ORDER BY sequence) AS raw FROM model_hook_event
       WHERE operation = 'update' GROUP BY hook ORDER BY hook`,
    );
    expect(rows).toEqual([
      { hook: 'computing', raw: [true, true] },
      { hook: 'exact', raw: [true, true] },
      { hook: 'meter', raw: [true, true] },
    ]);
    for (const { operation, previous } of await flow.received())
      if (operation === 'update') expect([5, 7]).toContain(previous?.euros);
  });
});
