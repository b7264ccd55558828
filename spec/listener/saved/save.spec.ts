import { contains, type Listener, type ListenerOptions, startsWith } from '../../../lib';
import type { ListenerBuilder } from '../../../lib/listener/declared/builder';
import { type Application, startApplication } from '../../support/application/application';
import { Article } from './article';

const URL = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article], attach: { work: false } });
});
afterAll(() => application.stop());
afterEach(() => application.dataSource.query('DELETE FROM model_hook_listener'));

const find = () => application.hooks.listeners.find();
const get = (id: string) => application.hooks.listeners.get(id) as Promise<Listener>;

function listener(options: Partial<ListenerOptions> = {}): ListenerBuilder {
  return application.hooks.for(Article).listener({ url: URL, ...options });
}

describe('ListenerBuilder.save', () => {
  it('save() returns the stored listener with all defaults', async () => {
    const { secret, ...saved } = await listener().match({ title: 'Joe' }).on('insert').save();
    expect(saved).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      hook: 'article',
      operations: ['insert'],
      ordered: false,
      maxPerSecond: null,
      batch: null,
      select: null,
      signature: 'v1',
      pattern: null,
      target: URL,
      match: [{ field: 'title', operator: 'is', operand: 'Joe' }],
      contentType: 'application/json',
      format: null,
      digest: 'sha256',
      dynamic: false,
      headers: {},
      owner: null,
      key: null,
      config: {},
      replies: true,
      delivery: {},
      active: true,
      inactiveReason: null,
      inactiveSince: null,
      pausedUntil: null,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    expect(await get(saved.id)).toEqual(saved);
    expect(secret).toMatch(/^whsec_/);
  });

  it('save() stores every option', async () => {
    const options = {
      secret: 'whsec_c2VjcmV0',
      digest: 'sha512',
      contentType: 'application/x-www-form-urlencoded',
      format: 'envelope',
      headers: { 'X-Tenant': 'acme' },
      owner: 'acme',
      key: 'stock',
      config: { note: 'a\0b 😀', nested: [null, { a: 1.5 }] },
      replies: false,
      delivery: { retries: 0, timeoutMs: 500 },
    } as const satisfies Partial<ListenerOptions>;
    const saved = await listener(options).save();
    expect(saved).toMatchObject(options);
  });

  it('A secret of 32 bytes is made, and only the save that creates the listener returns it', async () => {
    const first = await listener().save();
    const second = await listener({ owner: 'acme' }).save();
    expect(Buffer.from(first.secret?.slice('whsec_'.length) ?? '', 'base64')).toHaveLength(32);
    expect(second.secret).not.toBe(first.secret);
    expect(await listener().save()).not.toHaveProperty('secret');
    expect(await get(first.id)).not.toHaveProperty('secret');
    for (const found of await find()) expect(found).not.toHaveProperty('secret');
  });

  it('A secret that is given is returned only by the save that creates the listener', async () => {
    expect((await listener({ secret: 'mine' }).save()).secret).toBe('mine');
    expect(await listener({ secret: 'mine' }).save()).not.toHaveProperty('secret');
  });

  it('Several calls of `match` and `on` add up', async () => {
    const saved = await listener()
      .match({ title: startsWith('J') })
      .match({ title: contains('o'), stock: 1 })
      .on('update')
      .on('insert', 'update')
      .save();
    expect(saved.match.map(({ field, operator }) => [field, operator])).toEqual([
      ['title', 'startsWith'],
      ['title', 'contains'],
      ['stock', 'is'],
    ]);
    expect(saved.operations).toEqual(['insert', 'update']);
  });

  it('A listener gets every operation if `on` names none', async () => {
    expect((await listener().on().save()).operations).toBeNull();
  });

  it('A listener to a pattern keeps its operations', async () => {
    const saved = await application.hooks.listen('*', URL).on('remove').save();
    expect(saved.operations).toEqual(['remove']);
  });

  it('A builder does not change when another one is made from it', async () => {
    const base = listener();
    const filtered = base.match({ title: 'Joe' });
    expect((await base.save()).match).toEqual([]);
    expect((await filtered.save()).match).toHaveLength(1);
  });

  it('A second save of the same listener stores nothing new', async () => {
    const save = () => listener().match({ title: 'Joe' }).on('insert').save();
    const [first, second] = [await save(), await save()];
    expect(second.id).toBe(first.id);
    expect(second.match).toEqual(first.match);
    expect(await find()).toHaveLength(1);
  });

  it('Concurrent saves create one listener with one secret', async () => {
    const saving = Array.from({ length: 12 }, () =>
      listener({ key: 'k' }).match({ stock: 1 }).save(),
    );
    const saved = await Promise.all(saving);
    expect(new Set(saved.map(({ id }) => id)).size).toBe(1);
    expect(saved.filter(({ secret }) => secret !== undefined)).toHaveLength(1);
    const [stored, ...others] = await find();
    expect(others).toEqual([]);
    expect(stored?.match).toHaveLength(1);
  });

  it('A second save changes the named options and keeps the others', async () => {
    const kept = { config: { plan: 'pro' }, digest: 'sha512', replies: false } as const;
    const { id } = await listener({ key: 'k', headers: { 'X-A': '1' }, ...kept })
      .match({ title: 'a' })
      .on('insert')
      .save();
    const moved = await listener({ key: 'k', url: `${URL}/2`, headers: { 'X-B': '2' } }).save();
    expect(moved).toMatchObject({ id, target: `${URL}/2`, headers: { 'X-B': '2' }, ...kept });
    expect(moved).toMatchObject({ match: [{ operand: 'a' }], operations: ['insert'] });

    const filtered = await listener({ key: 'k' }).match({ stock: 2 }).on('remove').save();
    expect(filtered).toMatchObject({ id, target: URL, headers: { 'X-B': '2' }, ...kept });
    expect(filtered.match).toEqual([{ field: 'stock', operator: 'is', operand: 2 }]);
    expect(filtered.operations).toEqual(['remove']);
  });

  it('A save never resumes a paused listener', async () => {
    const { id } = await listener().save();
    await application.hooks.listeners.pause(id, 'maintenance');
    expect(await listener().save()).toMatchObject({ active: false, inactiveReason: 'maintenance' });
  });

  it("A save with a manager joins the manager's transaction", async () => {
    const undone = application.dataSource.transaction(async (manager) => {
      const { id } = await listener().save({ manager });
      expect(await get(id)).toBeNull();
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await find()).toEqual([]);

    await application.dataSource.transaction((manager) => listener().save({ manager }));
    expect(await find()).toHaveLength(1);
  });

  it('A save with the manager of the DataSource commits on its own', async () => {
    const { id } = await listener().save({ manager: application.dataSource.manager });
    expect(await get(id)).toMatchObject({ id });
  });
});
