import { INDEX_NAMES } from '../../lib/store/index-names';
import { Flow } from '../support/application/flow';
import { testStore } from '../support/application/test-store';

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false } });
});
afterAll(() => flow.stop());

describe('Inspection', () => {
  it('The list of indexes holds those that the migrations leave, except those of primary keys', async () => {
    const rows = await flow.query<{ name: string }>(
      `SELECT substr(relname, 12) AS name FROM pg_class JOIN pg_index ON indexrelid = oid
       WHERE relname LIKE 'model_hook_%' AND NOT indisprimary`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([...INDEX_NAMES].sort());
  });

  it('An index that is not valid counts as missing', async () => {
    const { inspection } = testStore(flow.dataSource);
    await flow.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'model_hook_turn_ready'::regclass`,
    );
    expect(await inspection.missingIndexes()).toEqual(['"public"."model_hook_turn_ready"']);
  });
});
