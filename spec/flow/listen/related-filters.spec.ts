import { type Condition, changed, isNull, not, startsWith } from '../../../lib';
import { StoredFlow } from '../../support/application/stored-flow';
import { Chapter, Label, Novel, RELATED, Writer } from '../../support/entities/related-entities';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const URL = 'https://example.com/novels';

let flow: StoredFlow;
beforeAll(async () => {
  flow = await StoredFlow.start({ entities: RELATED });
});
afterAll(() => flow.stop());

/** The id of the event of a new novel. */
async function eventOf(labels: readonly string[], writer: string | null): Promise<string> {
  await flow.forget();
  const { manager } = flow.dataSource;
  const novel = manager.create(Novel, {
    title: 'one',
    labels: labels.map((name) => manager.create(Label, { name })),
    chapters: labels.map((_, n) => manager.create(Chapter, { pages: n + 1 })),
    writer: writer === null ? null : manager.create(Writer, { name: writer, home: {} }),
  });
  await manager.save(novel);
  const [event] = await flow.stored('novel');
  return event?.id ?? '';
}

interface Case {
  readonly match: Record<string, Condition>;
  readonly found: readonly string[];
}

const NOVELS: Readonly<Record<string, readonly [readonly string[], string | null]>> = {
  both: [['a', 'b'], 'Ann'],
  none: [[], 'Ann'],
  nobody: [['a'], null],
};

describe('a filter on fields of related entities', () => {
  afterEach(async () => {
    for (const { id } of await flow.hooks.listeners.find()) await flow.hooks.listeners.remove(id);
  });

  it.each<Case>([
    { match: { 'writer.name': 'Ann' }, found: ['both', 'none'] },
    { match: { 'writer.name': isNull() }, found: ['nobody'] },
    { match: { 'writer.name': startsWith('A'), 'labels.name': 'b' }, found: ['both'] },
    { match: { 'labels.name': 'a' }, found: ['both', 'nobody'] },
    { match: { 'labels.name': not('b') }, found: ['none', 'nobody'] },
    { match: { 'labels.name': changed() }, found: ['both', 'none', 'nobody'] },
    { match: { 'chapters.pages': 2 }, found: ['both'] },
    { match: { 'sequels.title': 'one' }, found: [] },
  ])('The filter $match finds the novels $found', async ({ match, found }) => {
    const listeners = await flow.hooks.listeners.saveMany([
      flow.hooks.get('novel').listener(URL).match(match),
      flow.hooks.listen('novel.*', URL).match(match),
    ]);
    const ids = listeners.map(({ id }) => id).sort();
    for (const [name, [labels, writer]] of Object.entries(NOVELS)) {
      const event = await eventOf(labels, writer);
      const matching = await flow.hooks.listeners.matching(event);
      const expected = found.includes(name) ? ids : [];
      expect([name, matching.map(({ id }) => id).sort()]).toEqual([name, expected]);
      for (const id of ids) {
        const { matches } = await flow.hooks.listeners.explain(event, id);
        expect([name, matches]).toEqual([name, found.includes(name)]);
      }
    }
  });

  it('A condition must fit the column of the related entity', async () => {
    const listener = flow.hooks.get('novel').listener(URL);
    await expect(listener.match({ 'chapters.pages': 'two' }).save()).rejects.toMatchObject({
      code: 'FILTER_OPERAND_INVALID',
    });
    await expect(listener.match({ 'labels.typo': 'a' }).save()).rejects.toMatchObject({
      code: 'FILTER_FIELD_NOT_PROVIDED',
    });
  });
});

describe('the sample event of a hook with fields of related entities', () => {
  let receiver: Receiver;
  afterEach(() => receiver.close());

  it('The sample event has one row for each to-many relation', async () => {
    receiver = await startReceiver();
    const { id } = await flow.hooks
      .get('novel')
      .listener({ url: receiver.url, format: 'envelope' })
      .on('update')
      .save();
    await flow.hooks.listeners.test(id);
    expect(receiver.received[0]?.body).toMatchObject({
      data: {
        writer: {
          id: 1,
          name: 'sample',
          company: { code: 'sample' },
          novels: [{ title: 'sample' }],
        },
        labels: [{ id: 1, name: 'sample' }],
        chapters: [{ pages: 1, writer: { id: 1 } }],
      },
      previous: { writer: { novels: [] }, cover: null, labels: [], chapters: [] },
    });
  });
});
