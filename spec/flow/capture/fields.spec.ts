import type { EntitySchema } from 'typeorm';
import { type Envelope, ReceivingFlow } from '../../support/application/receiving-flow';
import {
  Account,
  Animal,
  Author,
  Book,
  Cat,
  COUNTS,
  Dog,
  Rate,
  Wide,
} from '../../support/entities/fields-entities';

let flow: ReceivingFlow;
beforeAll(async () => {
  const entities = [Account, Author, Book, Animal, Dog, Cat, Rate, Wide as EntitySchema];
  flow = await ReceivingFlow.start({ entities });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

/** What a hook told, in order. */
async function receivedFor(hook: string): Promise<readonly Envelope[]> {
  return (await flow.received()).filter(({ event }) => event.startsWith(`${hook}.`));
}
const dataOf = async (hook: string) => (await receivedFor(hook)).map(({ data }) => data);

describe('the provided fields of an event', () => {
  it('A listed select: false column is provided with its old and new value', async () => {
    const { manager } = flow.dataSource;
    const { id } = await manager.save(Account, { name: 'Ann', pin: '1', home: {} });
    await manager.save(Account, { id, name: 'Anna' });
    await manager.save(Account, { id, pin: '2' });
    await manager.remove(Account, await manager.findOneByOrFail(Account, { id }));
    const told = await receivedFor('account');
    expect(told.map(({ data }) => data)).toMatchObject([
      { name: 'Ann', pin: '1' },
      { name: 'Anna', pin: '1' },
      { name: 'Anna', pin: '2' },
      { id, name: 'Anna', pin: '2' },
    ]);
    expect(told[1]).toMatchObject({
      previous: { name: 'Ann', pin: '1' },
      changed: ['name', 'version', 'updatedAt'],
    });
    expect(told[2]).toMatchObject({
      previous: { name: 'Anna', pin: '1' },
      changed: ['pin', 'version', 'updatedAt'],
    });
  });

  it("The fields of '*' include the key, and no select: false columns", async () => {
    await flow.dataSource.manager.save(Account, { name: 'Ann', pin: '1', home: { city: 'Rome' } });
    const [event] = await receivedFor('ordinary');
    expect(event?.data).toEqual({
      id: expect.any(String),
      name: 'Ann',
      home: { city: 'Rome', geo: { lat: null } },
      version: 1,
      updatedAt: expect.stringMatching(/Z$/),
    });
    expect(flow.receiver.received.filter(({ raw }) => raw.includes('"pin"'))).toHaveLength(1);
  });

  it('The version and the date of an update are provided as they were and are', async () => {
    const { manager } = flow.dataSource;
    const before = await manager.save(Account, { name: 'Ann', home: {} });
    await manager.save(Account, { id: before.id, name: 'Anna' });
    const after = await manager.findOneByOrFail(Account, { id: before.id });
    expect((await receivedFor('account'))[1]).toMatchObject({
      data: { version: 2, updatedAt: after.updatedAt.toISOString() },
      previous: { version: 1, updatedAt: before.updatedAt.toISOString() },
    });
  });

  it('Embedded fields are nested in the data', async () => {
    const { manager } = flow.dataSource;
    const home = { city: 'Rome', geo: { lat: 41.9 } };
    const { id } = await manager.save(Account, { name: 'Ann', home });
    await manager.save(Account, { id, home: { city: 'Oslo' } });
    const [created, updated] = await receivedFor('account');
    expect(created?.data).toMatchObject({ home });
    expect(updated).toMatchObject({
      data: { home: { city: 'Oslo', geo: { lat: 41.9 } } },
      previous: { home },
      changed: ['home.city', 'version', 'updatedAt'],
    });
  });

  it('The ids of owned relations are provided, including lazy ones, and null for none', async () => {
    const { manager } = flow.dataSource;
    const [ann, bob] = await manager.save([new Author(), new Author()]);
    const book = Object.assign(new Book(), { title: 'A', author: ann! });
    book.editor = Promise.resolve(bob!);
    await manager.save(book);
    await manager.save(Book, { id: book.id, title: 'B' });
    await manager.save(Book, { id: book.id, author: null });
    await manager.save(Book, { id: book.id, editorId: ann!.id });
    const both = { author: { id: ann!.id }, editorId: bob!.id, editor: { id: bob!.id } };
    const told = await receivedFor('book');
    expect(told.map(({ data }) => data)).toEqual([
      { title: 'A', ...both },
      { title: 'B', ...both },
      { title: 'B', ...both, author: null },
      { title: 'B', author: null, editorId: ann!.id, editor: { id: ann!.id } },
    ]);
    expect(told.map(({ changed }) => changed)).toEqual([
      ['title', 'author.id', 'editorId', 'editor.id'],
      ['title'],
      ['author.id'],
      ['editorId', 'editor.id'],
    ]);
    expect(told[2]?.previous).toEqual({ title: 'B', ...both });
    expect(await dataOf('plain')).toEqual([
      { id: expect.any(Number), title: 'A' },
      { id: expect.any(Number), title: 'B' },
    ]);
  });

  it('The relation ids of a removed row are provided', async () => {
    const { manager } = flow.dataSource;
    const author = await manager.save(new Author());
    const book = await manager.save(Book, { title: 'A', author });
    await manager.remove(Book, book);
    expect(await dataOf('book')).toEqual([
      { title: 'A', author: { id: author.id }, editorId: null, editor: null },
      { title: 'A', author: { id: author.id }, editorId: null, editor: null },
    ]);
  });

  it('A child entity without a hook uses the hook of its parent, and one with a hook uses its own', async () => {
    const { manager } = flow.dataSource;
    const dog = await manager.save(Dog, { name: 'Rex', barks: true });
    await manager.save(Dog, { id: dog.id, name: 'Max' });
    await manager.save(Cat, { name: 'Tom', lives: 9 });
    await manager.save(Animal, { name: 'Any' });
    const told = await flow.received();
    expect(told.map(({ event, data }) => [event, data])).toEqual([
      ['animal.created', { name: 'Rex' }],
      ['animal.updated', { name: 'Max' }],
      ['cat.created', { name: 'Tom', lives: 9 }],
      ['animal.created', { name: 'Any' }],
    ]);
  });

  it('The provided fields are those of the right row under a composite key', async () => {
    const { manager } = flow.dataSource;
    const key = { country: 'NO', code: '9007199254740993', day: '2024-02-29' };
    const others = [
      { ...key, country: 'SE' },
      { ...key, code: '9007199254740992' },
      { ...key, day: '2024-03-01' },
    ].map((other) => ({ ...other, label: 'other' }));
    await manager.save(Rate, [...others, { ...key, label: 'old' }]);
    await manager.save(Rate, { ...key, label: 'new' });
    await manager.remove(Rate, await manager.findOneByOrFail(Rate, key));
    const told = (await receivedFor('rate')).slice(-2);
    expect(told).toMatchObject([
      { event: 'rate.updated', data: { ...key, label: 'new' }, previous: { label: 'old' } },
      { event: 'rate.removed', data: { ...key, label: 'new' } },
    ]);
  });

  it('An entity may have more fields than PostgreSQL allows arguments', async () => {
    const counts = Object.fromEntries(COUNTS.map((count, n) => [count, n]));
    await flow.dataSource.manager.save(Wide, { id: 1, ...counts });
    expect(await dataOf('wide')).toEqual([{ id: 1, ...counts }]);
  });
});
