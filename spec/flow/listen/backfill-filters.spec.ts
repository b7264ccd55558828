import fc from 'fast-check';
import type { JsonRecord } from '../../../lib';
import { MatchingFlow } from '../../support/application/matching-flow';
import { Everything } from '../../support/entities/matching-entities';
import { entity, rows } from '../../support/entities/matching-rows';
import { drafts } from '../../support/oracle/matching-arbitraries';

const ROWS = 60;

let flow: MatchingFlow;
beforeAll(async () => {
  flow = await MatchingFlow.start();
});
afterAll(() => flow?.stop());

describe('the rows of a backfill', () => {
  it('They are those that the matchers accept, for each filter and kind of column', async () => {
    const { manager } = flow.dataSource;
    const values = fc.sample(rows, ROWS) as readonly JsonRecord[];
    await manager.save(values.map((row) => manager.create(Everything, entity(row))));
    const stored = await flow.query<{ id: string; row_id: string }>(
      'SELECT id, row_id FROM model_hook_event',
    );
    expect(stored).toHaveLength(ROWS);
    const ofHook = drafts
      .filter(({ hook }) => hook === 'everything')
      .map((draft) => ({ ...draft, operations: null }));
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(ofHook, async (draft) => {
        const [listener] = await flow.save([draft]);
        const id = listener?.id ?? '';
        const wanted: string[] = [];
        for (const { id: event, row_id } of stored)
          if ((await flow.hooks.listeners.explain(event, id)).matches) wanted.push(row_id);
        const { count } = await flow.hooks.listeners.backfill(id);
        const read = await flow.query<{ row_id: string }>(
          'SELECT e.row_id FROM model_hook_delivery d JOIN model_hook_event e ON e.id = d.event_id WHERE d.listener_id = $1',
          [id],
        );
        sent += count;
        expect(read.map(({ row_id }) => row_id).sort()).toEqual(wanted.sort());
      }),
      { numRuns: 60 },
    );
    expect(sent).toBeGreaterThan(0);
  });
});
