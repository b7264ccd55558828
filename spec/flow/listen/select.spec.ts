import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryGeneratedColumn,
} from 'typeorm';
import {
  BackgroundResponse,
  changed,
  type HookEvent,
  type Listener,
  type ListenerBuilder,
  ModelHook,
  secret,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

class Home {
  @Column({ type: 'varchar', nullable: true })
  city!: string | null;

  @Column({ type: 'varchar', nullable: true })
  zip!: string | null;
}

@Entity()
class Firm {
  @PrimaryGeneratedColumn()
  id!: number;
}

@Entity()
class Tag {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

@Entity()
@ModelHook({
  provides: ['id', 'name', 'note', 'home.city', 'home.zip', 'firm.id', 'tags.id', 'tags.name'],
  compute: { loud: ({ name }) => String(name).toUpperCase() },
  ref: 'https://example.com/clients/{id}',
})
class Client {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true })
  note!: string | null;

  @Column(() => Home)
  home!: Home;

  @ManyToOne(() => Firm, { nullable: true })
  firm!: Firm | null;

  @ManyToMany(() => Tag)
  @JoinTable()
  tags!: Tag[];

  @DeleteDateColumn()
  removedAt!: Date | null;
}

@Entity()
@ModelHook({
  provides: ['name', 'note'],
  resolve: ({ data }: HookEvent) =>
    [
      { url: `${data.note}/narrow`, select: ['name'] },
      { url: `${data.note}/wide` },
    ] as unknown as string[],
})
class Dynamic {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  note!: string;

  @Column({ type: 'int', default: 0 })
  other!: number;
}

let flow: Flow;
let receiver: Receiver;

beforeAll(async () => {
  flow = await Flow.start({
    entities: [Client, Firm, Tag, Dynamic],
    attach: { sweepMs: 100, delivery: { retryDelayMs: 1_000 } },
  });
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await flow.clear();
  await receiver.close();
});
afterAll(() => flow?.stop());

const listener = (options: object = {}): ListenerBuilder<never> =>
  flow.hooks.get('client').listener({ url: `${receiver.url}/hook`, ...options });

async function saved(values: object = {}): Promise<Client> {
  const row = { name: 'Ann', note: 'n', home: { city: 'Rome', zip: '1' }, ...values };
  return flow.dataSource.manager.save(Client, row as Client);
}

const bodies = () => receiver.received.map(({ body }) => body);

async function told(): Promise<readonly unknown[]> {
  await flow.hooks.idle();
  return bodies();
}

describe('a listener that selects fields', () => {
  it('The body holds the selected fields, in each format and content type', async () => {
    for (const format of ['fields', 'envelope', 'standard', 'cloudevents'])
      await listener({ format, key: format }).select('name', 'home.city').save();
    await listener({ key: 'form', contentType: 'application/x-www-form-urlencoded' })
      .select('name', 'home.city')
      .save();
    await saved();
    await flow.hooks.idle();
    const texts = receiver.received.map(({ raw }) => raw.toString());
    expect(texts).toHaveLength(5);
    for (const text of texts) {
      expect(text).toMatch(/Ann/);
      expect(text).toMatch(/Rome/);
      expect(text).not.toMatch(/zip|note|loud|ANN|tags|firm/);
    }
  });

  it('`previous` and `changed` hold selected fields only', async () => {
    await listener({ format: 'envelope' }).on('update').select('name', 'firm').save();
    const firm = await flow.dataSource.manager.save(Firm, {} as Firm);
    const { id } = await saved();
    await flow.dataSource.manager.save(Client, { id, name: 'Bea', note: 'x', firm } as Client);
    expect(await told()).toEqual([
      expect.objectContaining({
        data: { name: 'Bea', firm: { id: firm.id } },
        previous: { name: 'Ann', firm: null },
        changed: ['name', 'firm.id'],
      }),
    ]);
  });

  it('The context is whole, for URLs and for handlers', async () => {
    const context = { actor: 'user-7', tenant: { name: 'acme', zip: '1' } };
    const contexts: unknown[] = [];
    const handler = flow.hooks.handler('whole', (event) => {
      contexts.push([event.data, event.context]);
      return BackgroundResponse.done();
    });
    await listener({ format: 'envelope' }).select('name').save();
    await flow.hooks.get('client').listener(handler).select('name').save();
    await flow.hooks.withContext(context, () => saved());
    expect(await told()).toEqual([expect.objectContaining({ data: { name: 'Ann' }, context })]);
    expect(contexts).toEqual([[{ name: 'Ann' }, context]]);
  });

  it('A path selects the fields below it, and several calls add up', async () => {
    await listener().select('home').select().select('name', 'name').save();
    await saved();
    expect(await told()).toEqual([{ name: 'Ann', home: { city: 'Rome', zip: '1' } }]);
  });

  it('An update that changes none of the fields is not planned for it, and is for others', async () => {
    const narrow = await listener({ key: 'narrow' }).select('name').save();
    const wide = await listener({ key: 'wide' }).save();
    const { id } = await saved();
    await flow.dataSource.manager.update(Client, id, { note: 'x' });
    await flow.hooks.idle();
    expect(await countOf(narrow)).toBe(1);
    expect(await countOf(wide)).toBe(2);
  });

  it('Inserts, removals, soft removals and recoveries are sent whatever is selected', async () => {
    await listener({ format: 'envelope' }).select('note').save();
    const repository = flow.dataSource.getRepository(Client);
    const row = await saved({ note: null });
    await repository.softRemove(row);
    await repository.recover(row);
    await repository.remove(row);
    const events = (await told()) as readonly { event: string; changed: string[]; data: object }[];
    expect(events.map(({ event }) => event.split('.')[1]).sort()).toEqual([
      'created',
      'recovered',
      'removed',
      'softRemoved',
    ]);
    expect(events.every(({ data }) => Object.keys(data).join() === 'note')).toBe(true);
  });

  it('A condition may be about a field that is not selected, and a transition of it needs a selected change', async () => {
    await listener({ format: 'envelope' })
      .on('update')
      .match({ note: changed() } as never)
      .select('name')
      .save();
    const { id } = await saved();
    await flow.dataSource.manager.update(Client, id, { note: 'x' });
    await flow.dataSource.manager.update(Client, id, { name: 'Bea' });
    await flow.dataSource.manager.update(Client, id, { name: 'Cid', note: 'y' });
    expect(await told()).toEqual([
      expect.objectContaining({ data: { name: 'Cid' }, changed: ['name'] }),
    ]);
  });

  it('Computed fields and ids of many-to-many relations can be selected', async () => {
    await listener({ format: 'envelope' }).on('update').select('loud', 'tags.id').save();
    const row = await saved();
    await flow.dataSource.manager.save(Client, { ...row, note: 'x' } as Client);
    const tag = await flow.dataSource.manager.save(Tag, { name: 'a' } as Tag);
    await flow.dataSource.manager.save(Client, { id: row.id, tags: [tag] } as Client);
    await flow.dataSource.manager.save(Client, { id: row.id, name: 'Bea' } as Client);
    await flow.hooks.idle();
    const got = bodies() as readonly { data: object; changed: readonly string[] }[];
    expect(got.map(({ data, changed: fields }) => ({ data, fields }))).toEqual(
      expect.arrayContaining([
        { data: { loud: 'ANN', tags: [{ id: tag.id }] }, fields: ['tags.id'] },
        { data: { loud: 'BEA', tags: [{ id: tag.id }] }, fields: ['loud'] },
      ]),
    );
    expect(got).toHaveLength(2);
  });

  it('A handler gets the selected fields', async () => {
    const events: HookEvent[] = [];
    const handler = flow.hooks.handler('narrow', (event) => {
      events.push(event);
      return BackgroundResponse.done();
    });
    await flow.hooks.get('client').listener(handler).select('name').save();
    await saved();
    await flow.hooks.idle();
    expect(events).toMatchObject([{ data: { name: 'Ann' }, changed: ['name'] }]);
    expect(Object.keys(events[0]?.data ?? {})).toEqual(['name']);
  });

  it('Batches, ordered listeners, tests and shown requests hold the selected fields', async () => {
    const batch = { maxEvents: 2, maxWaitMs: 0 };
    const [batched, ordered] = [
      await listener({ key: 'batch', batch }).select('name').save(),
      await listener({ key: 'ordered', ordered: true }).select('name').save(),
    ];
    const { id } = await saved();
    await flow.dataSource.manager.update(Client, id, { note: 'x' });
    await flow.dataSource.manager.update(Client, id, { name: 'Bea' });
    for (const { id: one } of [batched, ordered]) await flow.hooks.listeners.test(one);
    const all = (await told()).flat();
    expect(all).toHaveLength(6);
    expect(all.every((one) => Object.keys(one as object).join() === 'name')).toBe(true);
    const { items } = await flow.hooks.deliveries.find({ listener: ordered.id });
    const request = await flow.hooks.deliveries.request(items[0]?.id ?? '');
    expect(Object.keys(JSON.parse(request?.body ?? '') as object)).toEqual(['name']);
  });

  it('A delivery that was planned before the selection was saved is skipped', async () => {
    const { id: listenerId } = await listener({ delivery: { retries: 1 } })
      .on('update')
      .save();
    await flow.hooks.listeners.update(listenerId, { select: ['name'] });
    const { id } = await saved();
    await flow.dataSource.manager.update(Client, id, { name: 'Bea' });
    await flow.hooks.idle();
    await flow.hooks.listeners.update(listenerId, { select: ['note'] });
    await flow.hooks.deliveries.replay({ listener: listenerId });
    await flow.hooks.idle();
    const delivery = await flow.deliveryOf(listenerId);
    expect(delivery).toMatchObject({
      status: 'skipped',
      reason: 'the update changed none of the fields that the listener selects',
    });
    expect(bodies()).toEqual([{ name: 'Bea' }]);
  });

  it('An explanation says that the update changed none of the fields', async () => {
    const { id } = await listener().select('name').save();
    const event: HookEvent = {
      id: '00000000-0000-4000-8000-000000000000',
      hook: 'client',
      name: 'client.updated',
      operation: 'update',
      ref: null,
      sender: null,
      headers: {},
      occurredAt: new Date(),
      data: { name: 'Ann', note: 'x' },
      previous: { name: 'Ann', note: 'n' },
      changed: ['note'],
    };
    expect(await flow.hooks.listeners.explain(event, id)).toMatchObject({
      matches: false,
      reasons: expect.arrayContaining([
        { what: 'select', holds: false, expected: ['name'], actual: ['note'] },
      ]),
    });
    expect(await flow.hooks.listeners.matching(event)).toEqual([]);
  });

  it('Targets that a hook resolves may select fields', async () => {
    const row = { name: 'Ann', note: receiver.url };
    const { id } = await flow.dataSource.manager.save(Dynamic, row as Dynamic);
    await flow.hooks.idle();
    await flow.dataSource.manager.update(Dynamic, id, { note: `${receiver.url}/x` });
    await flow.hooks.idle();
    const got = receiver.received.map(({ path, body }) => [path, Object.keys(body as object)]);
    expect(got.sort()).toEqual([
      ['/narrow', ['name']],
      ['/wide', ['name', 'note']],
      ['/x/wide', ['name', 'note']],
    ]);
  });
});

describe('ListenerBuilder.select', () => {
  it('The selection is not part of the identity of a listener, and a save that names none keeps it', async () => {
    const first = await listener().select('name').save();
    const again = await listener({ digest: 'sha512' }).save();
    expect(again).toMatchObject({ id: first.id, select: ['name'], format: null });
    const changedOne = await listener().select('note', 'home').save();
    expect(changedOne).toMatchObject({ id: first.id, select: ['note', 'home'] });
  });

  it('`update` changes a selection, and null lifts it', async () => {
    const { id } = await listener({ format: 'envelope', select: ['name'] }).save();
    const { listeners } = flow.hooks;
    expect(await listeners.update(id, { select: ['note'] })).toMatchObject({ select: ['note'] });
    expect(await listeners.update(id, { digest: 'sha1' })).toMatchObject({ select: ['note'] });
    expect(await listeners.update(id, { select: null })).toMatchObject({
      select: null,
      format: 'envelope',
    });
    expect(await formats()).toEqual(['envelope']);
  });

  it.each<{ name: string; select: unknown; reason: RegExp }>([
    { name: 'a field that is not provided', select: ['nam'], reason: /"nam".*mean "name"/ },
    { name: 'a part of a name', select: ['hom'], reason: /"hom", which "client" does not provide/ },
    { name: 'a path below a field', select: ['name.x'], reason: /"name\.x"/ },
    { name: 'no field', select: [], reason: /list of 1 to 256/ },
    { name: 'a text', select: 'name', reason: /list of 1 to 256/ },
    { name: 'a number', select: ['name', 7], reason: /list of 1 to 256/ },
    { name: 'too many', select: Array(257).fill('name'), reason: /list of 1 to 256/ },
  ])('A selection of $name is refused when it is saved', async ({ select, reason }) => {
    const refusal = listener({ select }).save();
    await expect(refusal).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    await expect(refusal).rejects.toThrow(reason);
  });

  it('A listener by pattern selects what one of its hooks provides, and anything if no hook matches', async () => {
    const url = `${receiver.url}/hook`;
    await flow.hooks.listen('client.*', url).select('home').save();
    await expect(flow.hooks.listen('client.*', url).select('street').save()).rejects.toThrow(
      /"street", which "client.\*" does not provide/,
    );
    await flow.hooks.listen('later.*', url).select('anything.at.all').save();
    await saved();
    expect(await told()).toEqual([{ home: { city: 'Rome', zip: '1' } }]);
  });
});

describe('the stored format of a listener that selects fields', () => {
  it('No release that does not know selections knows the format', async () => {
    const one = await listener({ key: 'one', secret: 'a-secret-of-16-characters' })
      .select('name')
      .save();
    expect(await formats()).toEqual(['select:']);
    await listener({ key: 'one', format: 'standard' }).save();
    expect(await formats()).toEqual(['select:standard']);
    await listener({ key: 'one' }).select('note').save();
    expect(await formats()).toEqual(['select:standard']);
    await listener({ key: 'one', headers: { 'X-A': secret('b') } }).save();
    expect(await flow.hooks.listeners.get(one.id)).toMatchObject({
      format: 'standard',
      select: ['note'],
    });
    await flow.hooks.listeners.update(one.id, { format: null });
    expect(await formats()).toEqual(['select:']);
  });
});

const formats = async () =>
  (await flow.query<{ format: string }>('SELECT format FROM model_hook_listener')).map(
    ({ format }) => format,
  );

async function countOf({ id }: Listener): Promise<number> {
  const { items } = await flow.hooks.deliveries.find({ listener: id });
  return items.length;
}
