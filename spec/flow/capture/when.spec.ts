import { StoredFlow } from '../../support/application/stored-flow';
import {
  Animal,
  Dog,
  Draft,
  Fish,
  Owner,
  Parcel,
  Post,
} from '../../support/entities/when-entities';

let app: StoredFlow;
beforeAll(async () => {
  app = await StoredFlow.start({ entities: [Post, Owner, Parcel, Animal, Dog, Fish, Draft] });
});
afterAll(() => app.stop());
beforeEach(() => app.forget());

/** A stored post whose own events are forgotten. */
async function storedPost(values: Partial<Post> = {}): Promise<Post> {
  const post = Object.assign(new Post(), { title: 'Ape', status: 'draft' }, values);
  const saved = await app.dataSource.manager.save(post);
  await app.forget();
  return saved;
}

async function storedParcel(values: Partial<Parcel> = {}): Promise<Parcel> {
  const parcel = Object.assign(new Parcel(), { label: 'old', price: 1 }, values);
  const saved = await app.dataSource.manager.save(parcel);
  await app.forget();
  return saved;
}

describe('when on insert', () => {
  it.each<{ status: string | null; names: readonly string[] }>([
    {
      status: 'public',
      names: ['appears.created', 'both.created', 'moves.created', 'shown.created'],
    },
    { status: 'draft', names: ['both.created', 'moves.created'] },
    { status: null, names: ['moves.created'] },
  ])('The events of an insert with the status $status are $names', async ({ status, names }) => {
    await app.dataSource.manager.save(Post, { title: 'Ape', status });
    expect(await app.names()).toEqual([...names, 'unmarked.created']);
  });

  it('All of several conditions must hold', async () => {
    await app.dataSource.manager.save(Post, [
      { title: 'Ape', status: 'draft' },
      { title: 'Bee', status: 'draft' },
      { title: 'Ant', status: 'public' },
      { title: 'Auk', status: 'other' },
    ]);
    expect((await app.stored('both')).map(({ data }) => data.title)).toEqual(['Ape', 'Ant']);
  });
});

describe('when on update', () => {
  it('Conditions see the new values, and transitions also the old ones, even if not provided', async () => {
    const post = await storedPost();
    await app.dataSource.manager.save(Object.assign(post, { title: 'Bat', status: 'public' }));
    expect(await app.names()).toEqual(['appears.updated', 'moves.updated', 'shown.updated']);
    await app.forget();
    await app.dataSource.manager.save(Object.assign(post, { title: 'Cat' }));
    expect(await app.names()).toEqual(['hides.updated', 'shown.updated']);
    await app.forget();
    await app.dataSource.manager.save(Object.assign(post, { title: 'Dog', status: 'other' }));
    expect(await app.names()).toEqual(['hides.updated', 'moves.updated']);
  });

  it('Conditions see the stored row if a partial save leaves the column out', async () => {
    const { id } = await storedPost({ status: 'public' });
    await app.dataSource.manager.save(Post, { id, title: 'Eel' });
    expect(await app.names()).toEqual(['hides.updated', 'shown.updated']);
  });

  it('An update that changes no provided field has no event', async () => {
    const post = await storedPost();
    await app.dataSource.manager.save(Object.assign(post, { status: 'public' }));
    expect(await app.names()).toEqual([]);
  });

  it('A row that is saved twice in one call counts as one change', async () => {
    const { id } = await storedPost();
    await app.dataSource.manager.save(Post, [
      { id, status: 'public' },
      { id, title: 'Fox' },
    ]);
    expect(await app.names()).toEqual(['appears.updated', 'moves.updated', 'shown.updated']);
  });
});

describe('when on remove', () => {
  it('Conditions on a removal see the old values of the row, not those of the entity', async () => {
    const post = await storedPost({ status: 'public' });
    await app.dataSource.manager.remove(Object.assign(post, { status: 'draft' }));
    expect(await app.names()).toEqual(['both.removed', 'hides.removed', 'shown.removed']);
    expect((await app.stored('shown'))[0]?.data).toEqual({ title: 'Ape' });
  });
});

describe('when on softRemove and recover', () => {
  it('Conditions see the deletion mark before and after the operation', async () => {
    const post = await storedPost({ status: 'other' });
    await app.dataSource.manager.softRemove(post);
    expect(await app.names()).toEqual(['marked.softRemoved']);
    await app.forget();
    await app.dataSource.manager.recover(post);
    expect(await app.names()).toEqual(['unmarked.recovered']);
  });

  it('Conditions on softRemove() and recover() compare as on an update', async () => {
    const post = await storedPost({ status: 'public' });
    await app.dataSource.manager.softRemove(post);
    await app.dataSource.manager.recover(post);
    expect(await app.names()).toEqual([
      'both.softRemoved',
      'both.recovered',
      'hides.softRemoved',
      'hides.recovered',
      'marked.softRemoved',
      'shown.softRemoved',
      'shown.recovered',
      'unmarked.recovered',
    ]);
  });
});

describe('the fields of when', () => {
  it('Fields of conditions are not stored if they are not provided', async () => {
    const { manager } = app.dataSource;
    const parcel = await manager.save(Parcel, { label: 'one', pin: '1234', price: 1 });
    await manager.save(Parcel, { id: parcel.id, label: 'two', pin: '5678' });
    await manager.remove(Parcel, parcel);
    const rows = await app.dataSource.query('SELECT t::text AS text FROM model_hook_event t');
    const text = JSON.stringify(rows);
    expect(text).toContain('pinned.created');
    expect(text).toContain('repinned.updated');
    expect(text).not.toMatch(/1234|5678|status|grams/);
  });

  it('A condition can be on a select: false column, whose old value is compared too', async () => {
    const { id } = await storedParcel({ pin: '1' });
    await app.dataSource.manager.save(Parcel, { id, label: 'new' });
    expect(await app.stored('repinned')).toEqual([]);
    await app.dataSource.manager.save(Parcel, { id, label: 'newer', pin: '1234' });
    expect((await app.stored('repinned')).map(({ data }) => data)).toEqual([{ label: 'newer' }]);
    expect((await app.stored('pinned')).map(({ data }) => data)).toEqual([{ label: 'newer' }]);
  });

  it('A condition can be on a computed field, even one of columns that TypeORM does not load', async () => {
    const { manager } = app.dataSource;
    const { id } = await storedParcel({ pin: '12' });
    await manager.save(Parcel, { id, label: 'eight' });
    await manager.save(Parcel, { id, label: 'eleven' });
    await manager.save(Parcel, { id, label: 'six', pin: '123' });
    expect((await app.stored('long')).map(({ data }) => data.label)).toEqual(['eight']);
    expect((await app.stored('secretive')).map(({ data }) => data.label)).toEqual(['six']);
  });

  it('Conditions compare bigints and transformed values as their columns do', async () => {
    const values = [
      { label: 'light', grams: '9007199254740992', price: 9.49 },
      { label: 'heavy', grams: '9007199254740993', price: 9.5 },
    ];
    await app.dataSource.manager.save(Parcel, values);
    expect((await app.stored('heavy')).map(({ data }) => data.label)).toEqual(['heavy']);
    expect((await app.stored('dear')).map(({ data }) => data.label)).toEqual(['heavy']);
  });

  it('A condition can be on the id of a relation that is set from either side', async () => {
    const { manager } = app.dataSource;
    const [one, other] = await manager.save([new Owner(), new Owner()]);
    const parcel = await storedParcel();
    await manager.save(Object.assign(parcel, { label: 'mine', owner: one }));
    expect((await app.stored('owned')).map(({ data }) => data.label)).toEqual(['mine']);
    await app.forget();
    const given = Object.assign(new Parcel(), { id: parcel.id, label: 'given' });
    await manager.save(Object.assign(other!, { parcels: [given] }));
    expect(await app.stored('owned')).toEqual([]);
    expect((await app.stored('reowned')).map(({ data }) => data)).toEqual([{ label: 'given' }]);
  });

  it('A field that the class does not have counts as absent', async () => {
    await app.dataSource.manager.save([
      Object.assign(new Dog(), { name: 'Rex', barks: true }),
      Object.assign(new Dog(), { name: 'Tim', barks: null }),
      Object.assign(new Fish(), { name: 'Wanda' }),
    ]);
    const heard = async (hook: string) => (await app.stored(hook)).map(({ data }) => data.name);
    expect(await heard('barking')).toEqual(['Rex']);
    expect(await heard('notBarking')).toEqual(['Tim']);
    expect(await heard('whatever')).toEqual(['Rex', 'Tim', 'Wanda']);
  });
});

describe('when with functions', () => {
  it('Rows that the condition leaves out are not passed to functions', async () => {
    await app.dataSource.manager.save(Draft, [
      { title: 'two words', isReady: true },
      { title: 'one', isReady: true },
      { title: 'not ready', isReady: false },
    ]);
    expect((await app.stored('draft')).map(({ data }) => data)).toEqual([
      { title: 'two words', words: 2 },
    ]);
  });

  it("A field that cannot be computed rejects the write with onCaptureError 'throw'", async () => {
    const { manager } = app.dataSource;
    const saving = manager.save(Draft, { title: 'broken', isReady: true });
    await expect(saving).rejects.toMatchObject({ code: 'HOOK_CAPTURE_FAILED', hook: 'draft' });
    expect(await manager.countBy(Draft, { title: 'broken' })).toBe(0);
    expect(await app.names()).toEqual([]);
  });

  it("A field that cannot be computed drops only its event with onCaptureError 'log'", async () => {
    const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const logging = await StoredFlow.start({
      entities: [Draft],
      attach: { onCaptureError: 'log', logger },
    });
    await logging.dataSource.manager.save(Draft, [
      { title: 'broken', isReady: true },
      { title: 'two words', isReady: true },
    ]);
    expect((await logging.stored('draft')).map(({ data }) => data.title)).toEqual(['two words']);
    expect(await logging.dataSource.manager.count(Draft)).toBe(2);
    expect(logger.error).toHaveBeenCalledTimes(1);
    await logging.stop();
  });
});

it('No event is made if the transaction or a savepoint rolls back', async () => {
  const post = { title: 'Ape', status: 'public' };
  await app.dataSource.transaction(async (manager) => {
    const inner = manager.transaction(async (savepoint) => {
      await savepoint.save(Post, post);
      throw new RangeError('no');
    });
    await expect(inner).rejects.toThrow(RangeError);
  });
  expect(await app.names()).toEqual([]);
});
