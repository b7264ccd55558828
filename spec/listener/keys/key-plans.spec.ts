import type { HookEvent } from '../../../lib';
import type { Query } from '../../../lib/store/database';
import { MatchingFlow } from '../../support/application/matching-flow';
import { rowEvent } from '../../support/entities/matching-rows';
import type { Draft } from '../../support/oracle/matching-arbitraries';

/** A million takes minutes. */
const SIZES = process.env.MATCHING_MILLION ? [100, 10_000, 1_000_000] : [100, 10_000];
/** Saved at once: fewer than are followed by an ANALYZE. */
const FEW = 500;

let flow: MatchingFlow;

beforeEach(async () => {
  flow = await MatchingFlow.start();
  for (const table of ['listener', 'filter', 'key', 'plan'])
    await flow.application.dataSource.query(
      `ALTER TABLE model_hook_${table} SET (autovacuum_enabled = false)`,
    );
});
afterEach(() => flow?.stop());

describe('the statements of matching', () => {
  it.each(
    SIZES.flatMap((size) =>
      (['stale', 'fresh'] as const).map((statistics) => ({ size, statistics })),
    ),
  )(
    'The matching statements use indexes at $size listeners with $statistics statistics',
    async ({ size, statistics }) => {
      await fill(size, statistics);
      const few = await explained([eventOf(7)]);
      expect(few.flatMap(({ scans }) => scans).length).toBeGreaterThan(2);
      expect(few.flatMap(sequentialScans)).toEqual([]);
      const many = await explained(Array.from({ length: 3_000 }, (_, n) => eventOf(n)));
      expect(Math.max(...many.map(({ keys }) => keys))).toBe(10_000);
      expect(many.flatMap(sequentialScans)).toEqual([]);
    },
    600_000,
  );

  it('The matching statements read few of 10,000 listeners for an event', async () => {
    await fill(10_000, 'fresh');
    for (const n of [7, 404, 9_999]) {
      const statements = await explained([eventOf(n)]);
      const [wanted = []] = await flow.matched([eventOf(n)]);
      expect(wanted.length).toBeGreaterThan(0);
      expect(rowsRead(statements, 'model_hook_listener')).toBeLessThan(wanted.length + 50);
      expect(rowsRead(statements, 'model_hook_key')).toBeLessThan(wanted.length + 50);
    }
  }, 60_000);
});

async function fill(size: number, statistics: 'stale' | 'fresh'): Promise<void> {
  if (statistics === 'stale') await analyse();
  for (let at = 0; at < size; at += FEW) {
    const some = Array.from({ length: Math.min(FEW, size - at) }, (_, n) => draftOf(at + n));
    await flow.hooks.listeners.saveMany(some.map((draft) => flow.builder(draft)));
  }
  if (statistics === 'fresh') await analyse();
}

async function analyse(): Promise<void> {
  await flow.application.dataSource.query(
    'ANALYZE model_hook_listener, model_hook_filter, model_hook_key, model_hook_plan',
  );
}

/** Mostly equality, and something of everything. */
function draftOf(n: number): Draft {
  const conditions: readonly Draft['match'][number][] = [
    { field: 'text', term: { op: 'startsWith', operand: `account ${n} ` } },
    { field: 'whole', term: { op: 'between', operand: [n, n + 3] } },
    { field: 'real', term: { op: 'gt', operand: 1e6 + n } },
    { field: 'doc', term: { op: 'contains', operand: `word ${n} in` } },
    { field: 'tenant', term: { op: 'endsWith', operand: ` of ${n}` } },
    { field: 'exact', term: { op: 'oneOf', operand: [`${n}`, `${n}.5`] } },
  ];
  const rare = conditions[n % 20];
  const match = rare ?? { field: 'text', term: { op: 'is', operand: `account ${n}` } };
  return { hook: 'everything', pattern: null, operations: null, owner: null, match: [match] };
}

/** As a listener or two would want it. */
function eventOf(n: number): HookEvent {
  const values = {
    text: `account ${n}`,
    whole: n,
    real: n % 100 === 7 ? n : null,
    exact: `${n}`,
    tenant: `one of ${n}`,
  };
  return rowEvent('insert', `event ${n}`, { ...values, doc: `a word ${n} in a text` }, null);
}

interface Scan {
  readonly kind: string;
  readonly table: string;
  readonly rows: number;
}

interface Statement {
  readonly keys: number;
  readonly scans: readonly Scan[];
}

/** What PostgreSQL did for each statement, in the transaction that planning would use. */
async function explained(events: readonly HookEvent[]): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  const explaining =
    (query: Query): Query =>
    async (sql, parameters = []) => {
      const [row] = await query<{ 'QUERY PLAN': readonly [{ Plan: Node }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
        parameters,
      );
      const [first] = parameters;
      const keys = typeof first === 'string' ? first.split(',').length : 0;
      statements.push({ keys, scans: row ? scansOf(row['QUERY PLAN'][0].Plan) : [] });
      return query(sql, parameters);
    };
  await flow.matched(events, explaining);
  return statements;
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}

function scansOf(node: Node): readonly Scan[] {
  const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  const table = node['Relation Name'];
  const own = table === undefined ? [] : [{ kind: node['Node Type'], table, rows }];
  return [...own, ...(node.Plans ?? []).flatMap(scansOf)];
}

/** The plans are few, and may be read as they come. */
function sequentialScans({ scans }: Statement): readonly Scan[] {
  return scans.filter(
    ({ kind, table }) => kind.includes('Seq Scan') && table !== 'model_hook_plan',
  );
}

function rowsRead(statements: readonly Statement[], table: string): number {
  const scans = statements.flatMap((statement) => statement.scans);
  return scans.filter((scan) => scan.table === table).reduce((sum, { rows }) => sum + rows, 0);
}
