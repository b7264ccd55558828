import fc from 'fast-check';
import type { Dispatcher, HookEvent, JsonRecord, JsonValue, Operation } from '../../lib';
import { VALUES } from '../support/matching-values';
import { type ColumnType, wantedBy } from '../support/oracle';
import { same } from '../support/oracle-values';
import { until } from './delivery-flow';
import { type Draft, drafts } from './matching-arbitraries';
import { Everything, TYPES } from './matching-entities';
import { MatchingFlow } from './matching-flow';

const SEED = 20_261_124;
const COLUMNS: Readonly<Record<string, ColumnType>> = TYPES.everything;

const owners = fc.constantFrom(null, 'acme', 'Acme', 'globex');
/** What a row of everything may hold that comes out of PostgreSQL as it went in. */
const rows = fc.record(
  Object.fromEntries(
    Object.entries(COLUMNS)
      .filter(([column]) => column !== 'made')
      .map(([column, type]) => [column, column === 'tenant' ? owners : value(type)]),
  ),
);

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
  flow = await MatchingFlow.start({ dispatcher });
  flow.hooks.on('captured', ({ eventId }) => written.push(eventId));
});
afterAll(() => flow?.stop());

describe('what is saved in the database', () => {
  it('is planned for whoever the oracle says wants it', async () => {
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

function value(type: ColumnType): fc.Arbitrary<JsonValue> {
  const plain = (VALUES[type] as readonly JsonValue[]).filter((value) => isPlain(value, type));
  return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...plain) }, fc.constant(null));
}

/** Text that PostgreSQL can hold, dates of our time: values.spec.ts and rare-values.spec.ts see to the others. */
function isPlain(value: JsonValue, type: ColumnType): boolean {
  if (type === 'date' || type === 'timestamptz') return /^20\d\d-/.test(String(value));
  return typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'));
}

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
    told('insert', inserted, first, null),
    // Where nothing changes there is no event.
    ...(updated === inserted ? [] : [told('update', updated, second, first)]),
    told('remove', removed, second, null),
  ];
}

function entity(row: JsonRecord): Partial<Everything> {
  const { at, ...others } = row;
  return { ...others, at: at === null ? null : new Date(String(at)) } as Partial<Everything>;
}

function told(
  operation: Operation,
  id: string | undefined,
  now: JsonRecord,
  before: JsonRecord | null,
): HookEvent {
  const data: JsonRecord = { ...now, made: now.doc ?? null };
  const previous: JsonRecord | null = before && { ...before, made: before.doc ?? null };
  const changed = Object.keys(data).filter(
    (field) => !previous || !same(data[field], previous[field], 'computed'),
  );
  return {
    id: String(id),
    hook: 'everything',
    name: `everything.${operation === 'insert' ? 'created' : `${operation}d`}`,
    operation,
    ref: null,
    sender: now.tenant as string | null,
    headers: {},
    occurredAt: new Date(0),
    data,
    previous,
    changed: operation === 'remove' ? [] : changed,
  };
}
