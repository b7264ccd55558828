import type { DataSource } from 'typeorm';
import type { EncryptionKeys } from '../../../lib';
import { checkKeys } from '../../../lib/listener/secrets/encryption-key-check';
import { Database, type Query } from '../../../lib/store/database';
import { tablesOf } from '../../../lib/store/tables';
import { Vault } from '../../../lib/vault/vault';
import { EncryptionFlow, OLD } from '../../support/application/encryption-flow';
import { Person } from '../../support/entities/person';

let flow: EncryptionFlow;

beforeEach(async () => {
  flow = await EncryptionFlow.begin();
});
afterEach(() => flow.end());

describe('checkKeys', () => {
  it('The check of encryption keys reads few index entries even with 3,000 listeners', async () => {
    const { dataSource, hooks } = await flow.start(OLD);
    const builders = Array.from({ length: 3_000 }, (_, n) =>
      hooks.for(Person).listener({ url: flow.receiver.url, key: String(n) }),
    );
    await hooks.listeners.saveMany(builders);
    await dataSource.query("UPDATE model_hook_listener SET key_ids = '{a,b}' WHERE key < '2'");
    await dataSource.query("UPDATE model_hook_listener SET key_ids = '{}' WHERE key > '5'");
    for (const statistics of ['stale', 'fresh']) {
      if (statistics === 'fresh') await dataSource.query('ANALYZE model_hook_listener');
      expect((await checkedKeys(dataSource, OLD)).error).toMatchObject({ keys: ['a', 'b'] });
      const known = { ...OLD, a: 'a'.repeat(32), b: 'b'.repeat(32) };
      const { error, scans } = await checkedKeys(dataSource, known);
      expect(error).toBeUndefined();
      expect(scans.length).toBeGreaterThan(2);
      for (const scan of scans) expect(scan['Node Type']).toMatch(/^Index (Only )?Scan/);
      const rows = scans.map((scan) => scan['Actual Rows'] * scan['Actual Loops']);
      expect(Math.max(...rows)).toBeLessThan(10);
    }
  }, 60_000);
});

interface Scan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Scan[];
}

/** What the check says, and how PostgreSQL reads our tables for it. */
async function checkedKeys(
  dataSource: DataSource,
  keys: EncryptionKeys,
): Promise<{ readonly error: unknown; readonly scans: readonly Scan[] }> {
  const scans: Scan[] = [];
  const explaining =
    (query: Query): Query =>
    async (sql, parameters) => {
      if (sql.startsWith('SET')) return query(sql);
      const [row] = await query<{ 'QUERY PLAN': [{ Plan: Scan }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
        parameters,
      );
      scans.push(...(row ? scansOf(row['QUERY PLAN'][0].Plan) : []));
      return query(sql, parameters);
    };
  const database = new Database(dataSource, 1);
  const snapshot: Database['snapshot'] = (work) =>
    database.snapshot((query) => work(explaining(query)));
  const error = await checkKeys({ snapshot }, tablesOf(dataSource), new Vault(keys)).catch(
    (refusal: unknown) => refusal,
  );
  return { error, scans };
}

function scansOf(plan: Scan): readonly Scan[] {
  const own = plan['Relation Name'] ? [plan] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}
