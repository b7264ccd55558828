import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { type BodyFormat, type ContentType, type HookRow, ModelHook } from '../../../lib';
import { type Application, startApplication } from '../../support/application/application';
import { type Received, type Receiver, startReceiver } from '../../support/receivers/receiver';

@Entity()
class Author {
  @PrimaryGeneratedColumn()
  id!: number;
}

class Home {
  @Column({ type: 'varchar' })
  city!: string;
}

/** Rows that `compute` was given. */
const seen: HookRow[] = [];

@Entity()
@ModelHook({
  provides: ['name', 'score', 'tags', 'home.city', 'author.id', 'loud'],
  compute: {
    loud: (row: Article) => {
      seen.push(row as unknown as HookRow);
      return row.name.toUpperCase();
    },
    at: (row: Article) => row.at,
  },
  ref: (row: Article) => `https://example.test/articles/${row.id}`,
  sender: 'home.city',
  headers: (row: Article) => ({ 'X-Pin': row.pin }),
})
@ModelHook({
  name: 'brief',
  provides: ['name'],
  event: { insert: 'article.published', update: 'article.edited' },
  sender: (row: Article) => (row.score > 5 ? 'high' : null),
  headers: { 'X-Brief': 'yes' },
  format: 'envelope',
})
class Article {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'int' })
  score!: number;

  @Column({ type: 'jsonb' })
  tags!: unknown;

  @Column({ type: 'timestamptz' })
  at!: Date;

  @Column({ type: 'varchar', select: false })
  pin!: string;

  @Column(() => Home)
  home!: Home;

  @ManyToOne(() => Author, { nullable: true })
  author!: Author | null;
}

const AT = '2024-02-29T12:00:00.000Z';
const ARTICLE = {
  name: 'Joe & Ann',
  score: 7,
  tags: ['a', { b: 1 }],
  at: new Date(AT),
  pin: '1234',
  home: { city: 'Rome' },
  author: null,
};
const DATA = {
  name: 'Joe & Ann',
  score: 7,
  tags: ['a', { b: 1 }],
  home: { city: 'Rome' },
  author: null,
  loud: 'JOE & ANN',
  at: AT,
};

let application: Application;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  application = await startApplication({ entities: [Article, Author] });
});
afterAll(async () => {
  await application.stop();
  await receiver.close();
});
beforeEach(() => {
  receiver.received.splice(0);
  seen.splice(0);
});
afterEach(async () => {
  const { listeners } = application.hooks;
  for (const { id } of await listeners.find()) await listeners.remove(id);
});

/** TypeORM writes what the database made into the very object. */
const save = (values: object) =>
  application.dataSource.manager.save(Article, structuredClone(values) as Article);

/** What one listener is told of an article that is saved. */
async function published(
  hook: string,
  { format, contentType }: { format?: BodyFormat; contentType?: ContentType },
  of: object = ARTICLE,
): Promise<{ readonly article: Article; readonly request: Received }> {
  const options = { ...(format && { format }), ...(contentType && { contentType }) };
  await application.hooks
    .get(hook)
    .listener({ url: receiver.url, ...options })
    .save();
  const article = await save(of);
  await application.hooks.idle();
  expect(receiver.received).toHaveLength(1);
  return { article, request: receiver.received[0]! };
}

describe('the functions of a hook', () => {
  it('The functions of a hook name the resource, the sender and further headers', async () => {
    const { article, request } = await published('article', { format: 'envelope' });
    expect(request.body).toMatchObject({
      ref: `https://example.test/articles/${article.id}`,
      sender: 'Rome',
      data: DATA,
    });
    expect(request.headers).toMatchObject({ 'x-pin': '1234', 'hook-event': 'article.created' });
  });

  it.each([
    { score: 7, sender: 'high' },
    { score: 5, sender: null },
  ])(
    'The sender function of a hook may return a sender or none, here $sender',
    async ({ score, sender }) => {
      const { request } = await published('brief', {}, { ...ARTICLE, score });
      expect(request.body).toMatchObject({ event: 'article.published', sender });
      expect(request.headers).toMatchObject({
        'x-brief': 'yes',
        'hook-event': 'article.published',
      });
    },
  );

  it('The functions of a hook receive a frozen plain copy of the stored row, with all columns', async () => {
    const { id } = await save(ARTICLE);
    seen.splice(0);
    await save({ id, name: 'Bob' });
    const [row] = seen;
    expect(row).toEqual({ ...ARTICLE, id, name: 'Bob', author: { id: null } });
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    for (const part of [row, row?.home, row?.tags]) expect(Object.isFrozen(part)).toBe(true);
  });

  it('A computed field counts as changed only if its value changes', async () => {
    const article = await save(ARTICLE);
    // An event is for the listeners of when it is planned.
    await application.hooks.idle();
    await application.hooks
      .get('article')
      .listener({ url: receiver.url, format: 'envelope' })
      .save();
    await save({ id: article.id, pin: '99' });
    await save({ id: article.id, name: 'joe & ann' });
    await save({ id: article.id, at: new Date(0) });
    await application.hooks.idle();
    const bodies = receiver.received.map(({ body }) => body as { changed: string[] });
    expect(bodies.map(({ changed }) => changed).sort()).toEqual([['at'], ['name']]);
    expect(bodies.find(({ changed }) => changed[0] === 'at')).toMatchObject({
      data: { at: new Date(0).toISOString() },
      previous: { at: AT },
    });
  });
});

describe('the format of a body', () => {
  const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  const id = expect.stringMatching(/^[0-9a-f-]{36}$/);

  it('The format of the hook applies if the listener names none', async () => {
    expect((await published('article', {})).request.body).toEqual(DATA);
  });

  it('The format `envelope` contains all parts of the event', async () => {
    const { article, request } = await published('article', { format: 'envelope' });
    expect(request.body).toEqual({
      id,
      event: 'article.created',
      operation: 'insert',
      ref: `https://example.test/articles/${article.id}`,
      sender: 'Rome',
      timestamp: instant,
      data: DATA,
      previous: null,
      changed: ['name', 'score', 'tags', 'home.city', 'author.id', 'loud', 'at'],
    });
  });

  it('The format `standard` is that of Standard Webhooks', async () => {
    const { request } = await published('article', { format: 'standard' });
    expect(request.body).toEqual({ type: 'article.created', timestamp: instant, data: DATA });
  });

  it('The format `cloudevents` is that of CloudEvents 1.0', async () => {
    const { article, request } = await published('article', { format: 'cloudevents' });
    expect(request.body).toEqual({
      specversion: '1.0',
      id,
      type: 'article.created',
      source: `https://example.test/articles/${article.id}`,
      sender: 'Rome',
      time: instant,
      datacontenttype: 'application/json',
      data: DATA,
    });
  });

  it.each([
    { format: 'fields' as const, prefix: '', further: {} },
    {
      format: 'standard' as const,
      prefix: 'data.',
      further: { type: 'article.created', timestamp: instant },
    },
  ])('A form in the format $format has dotted keys', async ({ format, prefix, further }) => {
    const contentType = 'application/x-www-form-urlencoded';
    const { request } = await published('article', { format, contentType });
    expect(request.headers['content-type']).toBe(contentType);
    expect(request.body).toEqual({
      ...further,
      [`${prefix}name`]: 'Joe & Ann',
      [`${prefix}score`]: '7',
      [`${prefix}tags`]: '["a",{"b":1}]',
      [`${prefix}home.city`]: 'Rome',
      [`${prefix}author.id`]: '',
      [`${prefix}loud`]: 'JOE & ANN',
      [`${prefix}at`]: AT,
    });
  });
});
