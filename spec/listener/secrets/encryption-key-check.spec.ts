import type { DataSource } from 'typeorm';
import type { EncryptionKeys } from '../../../lib';
import { checkEncryptionKeys } from '../../../lib/listener/secrets/encryption-key-check';
import type { Query } from '../../../lib/store/database';
import { Vault } from '../../../lib/vault/vault';
import { EncryptionFlow, OLD } from '../../support/application/encryption-flow';
import { testStore } from '../../support/application/test-store';
import { Person } from '../../support/entities/person';

let flow: EncryptionFlow;

beforeEach(async () => {
  flow = await EncryptionFlow.begin();
});
afterEach(() => flow.end());

describe('checkEncryptionKeys', () => {
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
  const store = testStore(dataSource, 1, explaining);
  const error = await checkEncryptionKeys(store, new Vault(keys)).catch(
    (refusal: unknown) => refusal,
  );
  return { error, scans };
}

function scansOf(plan: Scan): readonly Scan[] {
  const own = plan['Relation Name'] ? [plan] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}
