import fc from 'fast-check';
import type { Dispatcher, HookEvent, JsonRecord } from '../../../lib';
import { MatchingFlow } from '../../support/application/matching-flow';
import { until } from '../../support/application/waiting';
import { Everything, TYPES } from '../../support/entities/matching-entities';
import { entity, rowEvent, rows } from '../../support/entities/matching-rows';
import { type Draft, drafts } from '../../support/oracle/matching-arbitraries';
import { wantedBy } from '../../support/oracle/oracle';

const SEED = 20_261_124;

/** Pairs of event and listener that were planned. */
const planned = new Set<string>();
const written: string[] = [];
const dispatcher: Dispatcher = {
  dispatch: (chunks) => {
    for (const { eventIds, listenerIds } of chunks)
      for (const [n, eventId] of eventIds.entries()) planned.add(`${eventId} ${listenerIds[n]}`);
  },
};

let flow: MatchingFlow;

beforeAll(async () => {
  flow = await MatchingFlow.start({ attach: { dispatcher } });
  flow.hooks.on('captured', ({ eventId }) => written.push(eventId));
});
afterAll(() => flow?.stop());

describe('events of saved rows', () => {
  it('Each event is planned for exactly the listeners that the oracle names', async () => {
    const ofModel = drafts.filter(({ hook, pattern }) => !`${hook}${pattern}`.includes('signal'));
    await flow.save(fc.sample<Draft>(ofModel, { numRuns: 300, seed: SEED }));
    const events: HookEvent[] = [];
    for (const [first, second] of fc.sample(fc.tuple(rows, rows), { numRuns: 30, seed: SEED }))
      events.push(...(await lifeOf(first, second)));
    expect(events.length).toBeGreaterThan(60);
    const wanted = events.flatMap((event) =>
      wantedBy(flow.wishes.values(), event, TYPES).map((id) => `${event.id} ${id}`),
    );
    expect(wanted.length).toBeGreaterThan(500);
    await until('everything is planned', async () => {
      const { events } = await flow.hooks.stats();
      return events.waiting === 0 && planned.size >= wanted.length;
    });
    expect([...planned].sort()).toEqual(wanted.sort());
  });
});

/** The events of a row that is saved, saved again with other values, and removed. */
async function lifeOf(first: JsonRecord, second: JsonRecord): Promise<readonly HookEvent[]> {
  const { manager } = flow.application.dataSource;
  const { id } = await manager.save(Everything, entity(first));
  const inserted = written.at(-1);
  await manager.save(Everything, { id, ...entity(second) });
  const updated = written.at(-1);
  await manager.remove(await manager.findOneByOrFail(Everything, { id }));
  const removed = written.at(-1);
  return [
    rowEvent('insert', inserted, first, null),
    // Where nothing changes there is no event.
    ...(updated === inserted ? [] : [rowEvent('update', updated, second, first)]),
    rowEvent('remove', removed, second, null),
  ];
}
