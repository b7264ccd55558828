import { CANDIDATES_PER_PAGE } from '../../lib/store/candidates';
import { MAX_VALUE } from '../../lib/store/match-keys';
import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';
import { Person } from '../support/entities/person';
import { newListener } from '../support/values/listener-values';

const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
const SHAPE = { scope: 'hook person', field: 'name', operator: 'is', length: 0 };

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [Person], attach: { work: false } });
  store = testStore(application.dataSource, 4);
});
afterAll(() => application?.stop());
afterEach(() =>
  application.dataSource.query(
    'TRUNCATE model_hook_listener, model_hook_key, model_hook_filter, model_hook_plan',
  ),
);

async function saved(...keysOf: readonly (readonly string[])[]): Promise<readonly string[]> {
  const rows = keysOf.map((keys, n) => newListener(String(n).padStart(5, '0'), { keys }));
  const written = await store.listeners.upsert(rows, []);
  return written.toSorted((a, b) => (a.identity < b.identity ? -1 : 1)).map(({ id }) => id);
}

describe('MatchKeyRows.counts', () => {
  it('The listeners of each key are counted up to a limit', async () => {
    await saved(['1', '2'], ['1'], ['1'], ['3']);
    expect(await store.keys.counts(['1', '2', '4'], 2)).toEqual(
      new Map([
        ['1', 2],
        ['2', 1],
      ]),
    );
    expect(await store.keys.counts([], 2)).toEqual(new Map());
  });
});

async function shapesOf(scope: string) {
  const rows = await store.candidates.shapes([scope]);
  return rows.filter(({ id }) => id !== null);
}

describe('MatchKeyRows.holdShapes', () => {
  it('Each shape is stored once', async () => {
    await store.keys.holdShapes([SHAPE, { ...SHAPE, length: 1 }]);
    await store.keys.holdShapes([SHAPE]);
    expect(await shapesOf('hook person')).toHaveLength(2);
    expect(await shapesOf('hook order')).toEqual([]);
  });

  it('A shape that is held cannot be locked by a reindex until the transaction ends', async () => {
    await store.keys.holdShapes([SHAPE]);
    const lockable = () => store.transaction((other) => other.keys.lockShapes());
    await store.transaction(async (holding) => {
      await holding.keys.holdShapes([SHAPE]);
      expect(await lockable()).toEqual([]);
    });
    expect(await lockable()).toMatchObject([SHAPE]);
  });

  it('Fields of conditions are noted, but no event is looked up by them', async () => {
    await store.keys.holdShapes([{ ...SHAPE, operator: 'filter' }]);
    expect(await shapesOf('hook person')).toEqual([]);
    expect(await store.keys.lockShapes()).toEqual([]);
    expect(await store.keys.filterFields(['hook person'])).toEqual([
      { scope: 'hook person', field: 'name' },
    ]);
  });
});

describe('MatchKeyRows.deleteUnusedShapes', () => {
  it('Shapes without a key between their lowest and highest are deleted', async () => {
    await store.keys.holdShapes([SHAPE, { ...SHAPE, length: 1 }, { ...SHAPE, length: 2 }]);
    const lowOf = (length: number) => String((length + 1) * (MAX_VALUE + 1));
    await saved([String(2 * (MAX_VALUE + 1) + MAX_VALUE)]);
    const shapes = await store.keys.lockShapes();
    await store.keys.deleteUnusedShapes(
      shapes.map(({ id, length }) => ({ id, low: lowOf(length) })),
    );
    expect(await store.keys.lockShapes()).toMatchObject([{ length: 1 }]);
  });
});

describe('MatchKeyRows.replace', () => {
  it('An active listener is found by its new keys, an inactive one is not', async () => {
    const [a = '', b = ''] = await saved(['1', '2'], ['1']);
    await store.listeners.deactivate([{ id: b, why: 'paused' }], { onlyActive: true });
    await store.keys.replace([
      { id: a, keys: ['2', '3'], filters: '[]' },
      { id: b, keys: ['3'], filters: '[]' },
    ]);
    expect(await store.keys.counts(['1', '2', '3'], 9)).toEqual(
      new Map([
        ['2', 1],
        ['3', 1],
      ]),
    );
  });
});

describe('MatchKeyRows.isAnyListenerUnkeyed', () => {
  it('An active listener whose keys are of another version is found without keys', async () => {
    const [id = ''] = await saved(['1']);
    expect(await store.keys.isAnyListenerUnkeyed()).toBe(false);
    await application.dataSource.query('UPDATE model_hook_listener SET key_version = 0');
    expect(await store.keys.isAnyListenerUnkeyed()).toBe(true);
    expect(await store.candidates.shapes([])).toMatchObject([{ id: null, unkeyed: true }]);
    expect(await store.candidates.withoutKeys(LOWEST_ID)).toMatchObject([{ id, several: true }]);
    expect(await store.candidates.withoutKeys(id)).toEqual([]);
    await store.keys.replace([{ id, keys: ['1'], filters: '[]' }]);
    expect(await store.keys.isAnyListenerUnkeyed()).toBe(false);
  });
});

describe('CandidateRows.byKey', () => {
  it('The active listeners of each key are found, with the position of the key', async () => {
    const [a, b = '', c] = await saved(['1', '2'], ['1'], ['2']);
    await store.listeners.deactivate([{ id: b, why: 'paused' }], { onlyActive: true });
    const rows = await store.candidates.byKey(['2', '9', '1'], null);
    expect(new Set(rows.map(({ n, id, several }) => `${n} ${id} ${several}`))).toEqual(
      new Set([`1 ${a} true`, `1 ${c} false`, `3 ${a} true`]),
    );
  });

  it('The listeners of one key come in pages', async () => {
    const all = await saved(...Array.from({ length: CANDIDATES_PER_PAGE + 5 }, () => ['1']));
    const first = await store.candidates.byKey(['1'], null);
    const last = String(
      first
        .map((row) => row.listener_id)
        .sort()
        .at(-1),
    );
    const second = await store.candidates.byKey(['1'], [last]);
    expect([first.length, second.length]).toEqual([CANDIDATES_PER_PAGE, 5]);
    expect(new Set([...first, ...second].map(({ id }) => id))).toEqual(new Set(all));
  });

  it('Ordered and rate-limited listeners are marked as in turn', async () => {
    await store.listeners.upsert(
      [
        newListener('a', { keys: ['1'], values: { ordered: true } }),
        newListener('b', { keys: ['2'], values: { max_per_second: 5 } }),
        newListener('c', { keys: ['3'] }),
      ],
      [],
    );
    const rows = await store.candidates.byKey(['1', '2', '3'], null);
    const turns = rows.map(({ n, ordered, inTurn }) => ({ n, ordered, inTurn }));
    expect(turns.toSorted((a, b) => Number(a.n) - Number(b.n))).toEqual([
      { n: '1', ordered: true, inTurn: true },
      { n: '2', ordered: false, inTurn: true },
      { n: '3', ordered: false, inTurn: false },
    ]);
  });
});

describe('CandidateRows.inRange', () => {
  it('The keys after a position come in order, up to the highest one', async () => {
    const [a = '', b, c] = await saved(['10'], ['10'], ['12'], ['13']);
    const after = { key: '10', listener_id: a };
    const rows = await store.candidates.inRange(after, '12');
    const [first] = [a, b].toSorted();
    const expected = first === a ? [`10 ${b}`, `12 ${c}`] : [`12 ${c}`];
    expect(rows.map(({ key, id }) => `${key} ${id}`)).toEqual(expected);
  });
});

describe('CandidateRows.values', () => {
  it('The distinct values of each shape are read, up to a limit', async () => {
    const low = (n: number) => n * (MAX_VALUE + 1);
    await saved([String(low(1) + 7)], [String(low(1) + 7)], [String(low(1) + 9)]);
    const rows = await store.candidates.values([String(low(1)), String(low(2))], 5);
    expect(rows).toHaveLength(1);
    const [{ n, size, values }] = rows as [(typeof rows)[0]];
    expect([n, size, values.length]).toEqual(['1', 2, 16]);
    expect(new Set([values.readBigInt64BE(0), values.readBigInt64BE(8)])).toEqual(
      new Set([7n, 9n]),
    );
    expect(await store.candidates.values([String(low(1))], 1)).toMatchObject([{ size: 1 }]);
  });
});
