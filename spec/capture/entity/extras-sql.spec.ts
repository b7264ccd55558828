import fc from 'fast-check';
import { Column, type DataSource, Entity, PrimaryColumn } from 'typeorm';
import { ModelHook } from '../../../lib';
import { sentRow } from '../../../lib/capture/entity/decode';
import { eventExtrasSql } from '../../../lib/capture/entity/extras-sql';
import { type HookedEntity, hookedEntities } from '../../../lib/capture/entity/hooked-entity';
import { objectSql } from '../../../lib/capture/entity/object-sql';
import { eventExtras } from '../../../lib/capture/extras';
import { HookCatalog } from '../../../lib/hook/catalog';
import { StoredFlow } from '../../support/application/stored-flow';

const PATHS = ['id', 'key', 'text', 'fixed', 'folded', 'big', 'exact', 'flag', 'day', 'at', 'zone'];

/** All columns whose text SQL can make, also those that an entity seldom has in a URL. */
@Entity()
@ModelHook({
  provides: ['id', 'text'],
  ref: `https://a.example/${PATHS.map((path) => `{${path}}`).join('/')}?é=1`,
  sender: 'text',
  headers: { 'X-Of': "a\\b'c" },
})
@ModelHook({ name: 'fixed', provides: ['id'], sender: 'fixed' })
@ModelHook({ name: 'day', provides: ['id'], sender: 'day' })
@ModelHook({ name: 'zoned', provides: ['id'], sender: 'zone' })
@ModelHook({ name: 'transformed', provides: ['id'], sender: 'code' })
@ModelHook({ name: 'instant', provides: ['id'], ref: '/{read}' })
@ModelHook({ name: 'called', provides: ['id'], ref: '/{id}', headers: () => ({}) })
class Place {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'uuid', nullable: true })
  key!: string | null;

  @Column({ type: 'varchar', nullable: true })
  text!: string | null;

  @Column({ type: 'char', length: 3, nullable: true })
  fixed!: string | null;

  @Column({ type: 'varchar', nullable: true })
  folded!: string | null;

  @Column({ type: 'bigint', nullable: true })
  big!: string | null;

  @Column({ type: 'numeric', nullable: true })
  exact!: string | null;

  @Column({ type: 'boolean', nullable: true })
  flag!: boolean | null;

  @Column({ type: 'date', nullable: true })
  day!: string | null;

  @Column({ type: 'time', nullable: true })
  at!: string | null;

  @Column({ type: 'timetz', nullable: true })
  zone!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  read!: Date | null;

  @Column({ type: 'int', nullable: true, transformer: { to: Number, from: String } })
  code!: string | null;
}

let flow: StoredFlow;
beforeAll(async () => {
  flow = await StoredFlow.start({ entities: [Place] });
  await flow.query(
    `CREATE COLLATION folding (provider = icu, locale = 'und', deterministic = false)`,
  );
  await flow.query('ALTER TABLE place ALTER COLUMN folded TYPE varchar COLLATE folding');
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

function hookedPlace(dataSource: DataSource, name: string): HookedEntity {
  const entities = hookedEntities(dataSource, new HookCatalog(dataSource).load());
  const found = entities.get(dataSource.getMetadata(Place))?.find(({ hook }) => hook.name === name);
  if (!found) throw new Error(`No hook ${name}`);
  return found;
}

/** What SQL makes of the only row, and what JavaScript makes of the row as it is read. */
async function madeOf(name: string) {
  const { dataSource } = flow;
  const hooked = hookedPlace(dataSource, name);
  const sql = eventExtrasSql(dataSource, hooked, 'place');
  const [row] = await flow.query<{ ref: string; sender: string; headers: string; raw: string }>(
    `SELECT ${sql?.ref ?? 'NULL'} AS ref, ${sql?.sender ?? 'NULL'} AS sender, ${sql?.headers ?? 'NULL'}::text AS headers,
       ${objectSql(dataSource, hooked.columns, 'place')}::text AS raw FROM place`,
  );
  if (!row) throw new Error('No row');
  const sent = sentRow(dataSource, hooked.columns, JSON.parse(row.raw));
  return {
    sql: { ref: row.ref, sender: row.sender, headers: JSON.parse(row.headers) },
    javaScript: eventExtras(hooked.hook, sent, {}),
  };
}

const texts = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.string())
  .map((text) => text.replaceAll('\0', '').toWellFormed());
const nullable = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const rows = fc.record({
  id: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  key: nullable(fc.uuid()),
  text: nullable(texts),
  fixed: nullable(fc.constantFrom('', 'a', 'é ', 'a b', '%  ')),
  folded: nullable(texts),
  big: nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  exact: nullable(fc.constantFrom('0.10', '-1.5', 'NaN', '12345678901234567890.123')),
  flag: nullable(fc.boolean()),
  day: nullable(fc.constantFrom('2024-02-29', '0044-03-15 BC', 'infinity')),
  at: nullable(fc.constantFrom('00:00:00', '23:59:59.999999')),
  zone: nullable(fc.constantFrom('01:02:03+04:30', '00:00:00-01')),
});

describe('eventExtrasSql', () => {
  it('SQL makes the texts that JavaScript makes of the row', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (row) => {
        await flow.query('DELETE FROM place');
        const names = Object.keys(row);
        await flow.query(
          `INSERT INTO place (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map((_, n) => `$${n + 1}`).join(', ')})`,
          Object.values(row),
        );
        for (const name of ['place', 'fixed', 'day', 'zoned']) {
          const { sql, javaScript } = await madeOf(name);
          expect(sql).toEqual(javaScript);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each<{ hook: string; isRead: boolean }>([
    { hook: 'place', isRead: false },
    { hook: 'fixed', isRead: false },
    { hook: 'transformed', isRead: true },
    { hook: 'instant', isRead: true },
    { hook: 'called', isRead: true },
  ])('Whether the row is read for the hook "$hook": $isRead', ({ hook, isRead }) => {
    const hooked = hookedPlace(flow.dataSource, hook);
    expect(hooked.needsRow).toBe(isRead);
    expect(eventExtrasSql(flow.dataSource, hooked, 'place') === null).toBe(isRead);
  });
});

describe('the ref and the sender of an event', () => {
  it('Each operation stores them, whether the row is read or not', async () => {
    const { manager } = flow.dataSource;
    await flow.query('DELETE FROM place');
    const place = manager.create(Place, { id: 1, text: 'a b', code: '7', read: new Date(0) });
    await manager.save(place);
    await manager.save(Object.assign(place, { id: 1, text: 'é' }));
    await manager.remove(place);
    const stored = await flow.query<{ hook: string; ref: string; sender: string; x: string }>(
      `SELECT hook, ref, sender, headers->>'X-Of' AS x FROM model_hook_event
       WHERE hook IN ('place', 'transformed', 'instant', 'called') ORDER BY hook, sequence`,
    );
    const of = (hook: string) => stored.filter((one) => one.hook === hook);
    const blank = '/'.repeat(PATHS.length - 3);
    const url = (text: string) => `https://a.example/1//${text}${blank}?%C3%A9=1`;
    expect(of('place').map(({ sender }) => sender)).toEqual(['a b', 'é', 'é']);
    expect(of('place').map(({ ref }) => ref)).toEqual(['a%20b', '%C3%A9', '%C3%A9'].map(url));
    expect(of('place').map(({ x }) => x)).toEqual(Array(3).fill("a\\b'c"));
    expect(of('transformed').map(({ sender }) => sender)).toEqual(['7', '7']);
    expect(of('instant').map(({ ref }) => ref)).toEqual(
      Array(2).fill('/1970-01-01T00%3A00%3A00.000Z'),
    );
    expect(of('called').map(({ ref }) => ref)).toEqual(['/1', '/1']);
  });
});
