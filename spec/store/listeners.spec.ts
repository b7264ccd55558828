import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';
import { Person } from '../support/entities/person';
import { newListener } from '../support/values/listener-values';

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [Person], attach: { work: false } });
  store = testStore(application.dataSource);
});
afterAll(() => application?.stop());
afterEach(() =>
  application.dataSource.query('TRUNCATE model_hook_listener, model_hook_key, model_hook_filter'),
);

describe('ListenerRows.upsert', () => {
  it('An upsert creates listeners with their match keys', async () => {
    const rows = [newListener('a', { keys: ['11', '12'] }), newListener('b', { keys: ['11'] })];
    const saved = await store.listeners.upsert(rows, []);
    expect(saved.map(({ identity, created }) => ({ identity, created }))).toEqual([
      { identity: 'a', created: true },
      { identity: 'b', created: true },
    ]);
    const [a, b] = saved;
    expect(await keys()).toEqual(new Set([`11 ${a?.id}`, `12 ${a?.id}`, `11 ${b?.id}`]));
  });

  it('An upsert changes only the named columns of a listener that exists, and none of its match keys', async () => {
    await store.listeners.upsert([newListener('a', { keys: ['11'] })], []);
    const changed = newListener('a', {
      keys: ['12'],
      values: { digest: 'sha512', content_type: 'application/x-www-form-urlencoded' },
    });
    const [saved] = await store.listeners.upsert([changed], ['digest']);
    expect(saved?.created).toBe(false);
    const [row] = await store.listeners.find({});
    expect(row).toMatchObject({ digest: 'sha512', content_type: 'application/json' });
    expect(await keys()).toEqual(new Set([`11 ${saved?.id}`]));
  });

  it('An upsert adds to the encryption keys of a listener whose secret changes', async () => {
    await store.listeners.upsert([newListener('a', { values: { key_ids: ['old'] } })], []);
    const changed = newListener('a', { values: { key_ids: ['new'], secret: 'fresh' } });
    await store.listeners.upsert([changed], ['secret']);
    expect(await store.secrets.encryptionKeySets()).toEqual([['new', 'old']]);
    await store.listeners.upsert([newListener('a', { values: { key_ids: ['third'] } })], []);
    expect(await store.secrets.encryptionKeySets()).toEqual([['new', 'old']]);
  });

  it('An upsert stores what is equal in all rows, and what differs', async () => {
    const configs = [{ n: 1 }, { n: 2 }, { nul: '\u0000' }];
    const rows = configs.map((config, n) =>
      newListener(String(n), { values: { config, headers: { 'X-Same': 'ä' } } }),
    );
    await store.listeners.upsert(rows, []);
    const stored = await store.listeners.find({});
    expect(stored.map(({ config }) => config)).toEqual(expect.arrayContaining(configs));
    expect(new Set(stored.map(({ headers }) => headers['X-Same']))).toEqual(new Set(['ä']));
  });
});

describe('ListenerRows.find', () => {
  it.each([
    { where: {}, found: ['a', 'b', 'c'] },
    { where: { owner: 'acme' }, found: ['a'] },
    { where: { owner: null }, found: ['b', 'c'] },
    { where: { owner: 'acme', key: 'other' }, found: [] },
    { where: { hook: null }, found: ['c'] },
    { where: { pattern: '*' }, found: ['c'] },
    { where: { target: 'https://b.example.com/' }, found: ['b'] },
    { where: { active: false }, found: [] },
    { where: { owner: undefined }, found: ['a', 'b', 'c'] },
    { where: { declaredBefore: new Date(0) }, found: [] },
    { where: { declaredBefore: new Date('2999-01-01') }, found: ['a', 'b', 'c'] },
  ])('The listeners for which $where holds are found', async ({ where, found }) => {
    await store.listeners.upsert(
      [
        newListener('a', { values: { owner: 'acme', key: 'one' } }),
        newListener('b', { values: { target: 'https://b.example.com/' } }),
        newListener('c', { values: { hook: null, pattern: '*' } }),
      ],
      [],
    );
    const rows = await store.listeners.find(where as Parameters<Store['listeners']['find']>[0]);
    expect(rows.map(({ identity }) => identity).sort()).toEqual(found);
  });

  it('The conditions of a listener are read in their order', async () => {
    const [saved] = await store.listeners.upsert([newListener('a')], []);
    const match = ['c', 'a', 'b'].map((field) => ({ field, operator: 'is', operand: [field] }));
    await store.filters.insert([{ id: String(saved?.id), match }]);
    expect((await store.listeners.find({ id: String(saved?.id) }))[0]?.match).toEqual(match);
    await store.filters.delete([String(saved?.id)]);
    expect((await store.listeners.find({ ids: [String(saved?.id)] }))[0]?.match).toEqual([]);
  });
});

describe('ListenerRows.deactivate', () => {
  it('Deactivating stores the reason and deletes the match keys', async () => {
    const [a, b] = await store.listeners.upsert(
      [newListener('a', { keys: ['11'] }), newListener('b', { keys: ['11'] })],
      [],
    );
    const off = await store.listeners.deactivate([{ id: String(a?.id), why: 'a "reason"' }], {
      onlyActive: true,
    });
    expect(off).toMatchObject([
      { id: a?.id, reason: 'a "reason"', target: 'https://example.com/' },
    ]);
    expect(await keys()).toEqual(new Set([`11 ${b?.id}`]));
    const [row] = await store.listeners.find({ active: false });
    expect(row).toMatchObject({ id: a?.id, inactive_reason: 'a "reason"' });
  });

  it('An inactive listener gets a new reason, unless only active ones are to change', async () => {
    const [saved] = await store.listeners.upsert([newListener('a')], []);
    const deactivate = (why: string, onlyActive: boolean) =>
      store.listeners.deactivate([{ id: String(saved?.id), why }], { onlyActive });
    await deactivate('first', true);
    expect(await deactivate('second', true)).toEqual([]);
    expect(await deactivate('third', false)).toMatchObject([{ reason: 'third' }]);
  });
});

describe('ListenerRows.replace', () => {
  it('Replacing refuses the identity of another listener and an unknown id', async () => {
    const [a] = await store.listeners.upsert([newListener('a'), newListener('b')], []);
    const { values } = newListener('c', { values: { digest: 'sha512' } });
    expect(await store.listeners.replace(String(a?.id), 'b', values)).toBe(false);
    const unknown = '00000000-0000-7000-8000-000000000000';
    expect(await store.listeners.replace(unknown, 'c', values)).toBe(false);
    expect(await store.listeners.replace(String(a?.id), 'c', values)).toBe(true);
    const [row] = await store.listeners.find({ id: String(a?.id) });
    expect(row).toMatchObject({ identity: 'c', digest: 'sha512' });
  });
});

describe('ListenerRows.filteringOn', () => {
  it('filteringOn() finds the active listeners of a hook that have a condition on a field', async () => {
    const saved = await store.listeners.upsert(
      ['a', 'b', 'c', 'd'].map((identity) =>
        newListener(identity, { values: { hook: identity === 'd' ? 'order' : 'person' } }),
      ),
      [],
    );
    const idOf = (identity: string) => String(saved.find((one) => one.identity === identity)?.id);
    const on = (field: string) => [{ field, operator: 'is', operand: 1 }];
    await store.filters.insert([
      { id: idOf('a'), match: on('name') },
      { id: idOf('b'), match: on('city') },
      { id: idOf('c'), match: on('name') },
      { id: idOf('d'), match: on('name') },
    ]);
    await store.listeners.deactivate([{ id: idOf('c'), why: 'paused' }], { onlyActive: true });
    expect(await store.listeners.filteringOn('person', 'name')).toEqual([idOf('a')]);
  });
});

describe('ListenerRows.insertDynamic', () => {
  it('Dynamic listeners are stored without match keys, and once for each identity', async () => {
    const first = await store.listeners.insertDynamic([newListener('a')]);
    const second = await store.listeners.insertDynamic([newListener('a'), newListener('b')]);
    expect([...second.keys()]).toEqual(['a', 'b']);
    const known = await store.listeners.findDynamic(['a', 'b', 'c']);
    expect(known.map(({ identity, old }) => ({ identity, old }))).toEqual(
      expect.arrayContaining([
        { identity: 'a', old: false },
        { identity: 'b', old: false },
      ]),
    );
    expect(known.find(({ identity }) => identity === 'a')?.id).toBe(first.get('a'));
    expect(await store.keys.isAnyListenerUnkeyed()).toBe(false);
  });
});

/** Every match key with its listener. */
async function keys(): Promise<ReadonlySet<string>> {
  const rows = await application.dataSource.query<{ key: string; listener_id: string }[]>(
    'SELECT key, listener_id FROM model_hook_key',
  );
  return new Set(rows.map(({ key, listener_id: id }) => `${key} ${id}`));
}
