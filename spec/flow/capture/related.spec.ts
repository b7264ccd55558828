import { type JsonValue, toJson } from '../../../lib/base/json';
import { sentRow } from '../../../lib/capture/entity/decode';
import { objectSql } from '../../../lib/capture/entity/object-sql';
import { HookCatalog } from '../../../lib/hook/catalog';
import type { Field } from '../../../lib/hook/field';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import {
  Chapter,
  Company,
  Cover,
  Label,
  Novel,
  RELATED,
  TO_MANY,
  TO_ONE,
  Writer,
} from '../../support/entities/related-entities';
import { schemaFaults } from '../../support/values/schema-faults';

const PATHS = [...TO_ONE, ...TO_MANY];

const statements: string[] = [];
const ignored = () => undefined;
const logger = {
  logQuery: (sql: string) => void statements.push(sql),
  logQueryError: ignored,
  logQuerySlow: ignored,
  logSchemaBuild: ignored,
  logMigration: ignored,
  log: ignored,
};

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: RELATED, dataSource: { logger, logging: true } });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.forget();
  await flow.query(
    'TRUNCATE library.company, writer, label, chapter, cover, library.novel CASCADE',
  );
});

interface Parts {
  readonly writer?: Partial<Writer> | null;
  readonly labels?: readonly Partial<Label>[];
  readonly chapters?: readonly Partial<Chapter>[];
  readonly cover?: Partial<Cover>;
  readonly prequel?: Novel;
}

function novel({ writer = null, labels = [], chapters = [], cover, prequel }: Parts = {}): Novel {
  const { manager } = flow.dataSource;
  return manager.create(Novel, {
    title: 'one',
    writer: writer && { home: { city: null }, ...writer },
    labels: [...labels],
    chapters: [...chapters],
    cover: cover ?? null,
    prequel: prequel ?? null,
  });
}

/** A novel whose relations all have rows, some of them without values. */
async function fullNovel(): Promise<Novel> {
  const { manager } = flow.dataSource;
  const prequel = await manager.save(novel());
  const company = { code: 'acme', name: null };
  const saved = await manager.save(
    novel({
      writer: {
        name: 'Ann',
        alias: null,
        fee: '9007199254740993',
        home: { city: 'Rome' },
        company,
      },
      labels: [
        { name: 'b', note: null },
        { name: 'a', note: 'x' },
      ],
      chapters: [
        { pages: 7, at: new Date(0) },
        { pages: 3, at: null },
      ],
      cover: { color: 'red' },
      prequel,
    }),
  );
  await manager.update(Chapter, { pages: 7 }, { writer: saved.writer });
  const sequel = await manager.save(novel({ prequel: saved }));
  await manager.save(Object.assign(novel({ prequel: saved }), { title: 'other' }));
  await manager.save(Object.assign(sequel, { title: 'next' }));
  return saved;
}

/** What `find()` gives, by path, each list in the order of its ids. */
async function found(id: number): Promise<Record<string, JsonValue>> {
  const entity = await flow.dataSource.manager.findOneOrFail(Novel, {
    where: { id },
    relations: {
      writer: { company: true, novels: true },
      cover: true,
      prequel: true,
      labels: true,
      chapters: { writer: true },
      sequels: true,
    },
  });
  return Object.fromEntries(PATHS.map((path) => [path, toJson(valueAt(entity, path.split('.')))]));
}

function valueAt(place: unknown, [step, ...rest]: readonly string[]): unknown {
  if (place === null || place === undefined) return null;
  if (Array.isArray(place)) {
    const sorted = place.toSorted((a, b) => a.id - b.id);
    return sorted.map((one) => valueAt(one, [step ?? '', ...rest]));
  }
  return step === undefined ? place : valueAt((place as Record<string, unknown>)[step], rest);
}

const fieldsOf = (hook = 'novel'): readonly Field[] =>
  [...new HookCatalog(flow.dataSource).load().get(hook).fields.values()].filter(
    ({ path }) => path !== 'title',
  );

/** What a statement gives for the row in its place of `alias`. */
async function sentBy(statement: (values: string) => string, alias: string) {
  const { dataSource } = flow;
  const values = `${objectSql(dataSource, fieldsOf(), alias)}::text AS values`;
  const rows: { values: string }[] = await flow.query(statement(values));
  return rows.map((row) => sentRow(dataSource, fieldsOf(), JSON.parse(row.values)));
}

describe('objectSql of related entities', () => {
  it.each<{ name: string; alias: string; statement: (values: string, id: number) => string }>([
    {
      name: 'a SELECT',
      alias: 't',
      statement: (values, id) => `SELECT ${values} FROM library.novel t WHERE t.id = ${id}`,
    },
    {
      name: 'an UPDATE that returns the row of a table in a schema',
      alias: '"novel"',
      statement: (values, id) =>
        `WITH w AS (UPDATE library.novel SET title = title WHERE id = ${id} RETURNING ${values}) SELECT * FROM w`,
    },
    {
      name: 'rows of another statement',
      alias: 'w',
      statement: (values, id) =>
        `WITH w AS (UPDATE library.novel SET title = title WHERE id = ${id} RETURNING *) SELECT ${values} FROM w`,
    },
  ])('$name gives what find() gives', async ({ alias, statement }) => {
    const { id } = await fullNovel();
    const empty = await flow.dataSource.manager.save(novel());
    for (const one of [id, empty.id])
      expect(await sentBy((values) => statement(values, one), alias)).toEqual([await found(one)]);
  });

  it('An INSERT returns the values of the rows that it refers to', async () => {
    const { id, writer } = await fullNovel();
    const [sent] = await sentBy(
      (values) =>
        `INSERT INTO library.novel (title, "writerId", "prequelId") VALUES ('x', ${writer?.id}, ${id}) RETURNING ${values}`,
      '"novel"',
    );
    expect(sent).toMatchObject({
      'writer.name': 'Ann',
      'writer.company.code': 'acme',
      'prequel.title': 'one',
      'labels.name': [],
      'chapters.writer.id': [],
    });
  });

  it('Related rows that are marked as removed do not count', async () => {
    const { id } = await fullNovel();
    const { manager } = flow.dataSource;
    await manager.softDelete(Label, { name: 'b' });
    await manager.softDelete(Writer, { name: 'Ann' });
    const [sent] = await sentBy(
      (values) => `SELECT ${values} FROM library.novel t WHERE t.id = ${id}`,
      't',
    );
    const expected = await found(id);
    // The key of a row that is marked stands in the row of the hook.
    const { writer } = await manager.findOneOrFail(Novel, {
      where: { id },
      relations: { writer: true },
      withDeleted: true,
    });
    expect(sent).toEqual({
      ...expected,
      'writer.id': writer?.id,
      'chapters.writer.id': [writer?.id, null],
    });
    expect(sent).toMatchObject({
      'labels.name': ['a'],
      'writer.name': null,
      'writer.novels.title': null,
    });
  });
});

describe('an event with fields of related entities', () => {
  const received = async (hook: string) =>
    (await flow.received()).filter(({ event }) => event.startsWith(`${hook}.`));

  it('To-one relations are sent as objects, and to-many relations as lists of objects', async () => {
    await flow.dataSource.manager.save(
      novel({
        writer: {
          name: 'Ann',
          alias: null,
          fee: '1',
          company: { code: 'acme', name: null } as Company,
        },
        labels: [
          { name: 'b', note: null },
          { name: 'a', note: 'x' },
        ],
        chapters: [{ pages: 7, at: new Date(0) }],
        cover: { color: 'red' },
      }),
    );
    const [event] = await received('novel');
    expect(event?.data).toEqual({
      title: 'one',
      writer: {
        id: expect.any(Number),
        name: 'Ann',
        alias: '<null>',
        fee: '1',
        home: { city: null },
        company: { code: 'acme', name: null },
        novels: [{ title: 'one' }],
      },
      cover: { color: 'red' },
      prequel: null,
      labels: [
        { id: expect.any(Number), name: 'b', note: '<null>' },
        { id: expect.any(Number), name: 'a', note: '<x>' },
      ],
      chapters: [{ pages: 7, at: '1970-01-01T00:00:00.000Z', writer: null }],
      sequels: [],
    });
  });

  it('An update that refers to another row lists the fields that differ, and has their old values', async () => {
    const { manager } = flow.dataSource;
    const saved = await manager.save(
      novel({ writer: { name: 'Ann', fee: '1' }, labels: [{ name: 'a' }] }),
    );
    const other = await manager.save(Writer, { name: 'Bob', fee: '1', home: { city: null } });
    await manager.save(Object.assign(saved, { writer: other }));
    await manager.save(Object.assign(saved, { writer: null }));
    const [, second, third] = await received('novel');
    expect(second).toMatchObject({
      data: { writer: { name: 'Bob' } },
      previous: { writer: { name: 'Ann', novels: [{ title: 'one' }] }, labels: [{ name: 'a' }] },
      changed: ['writer.id', 'writer.name'],
    });
    expect(third).toMatchObject({ data: { writer: null }, previous: { writer: { name: 'Bob' } } });
  });

  it('A removed row has the values of its relations before', async () => {
    const { manager } = flow.dataSource;
    const saved = await manager.save(
      novel({ writer: { name: 'Ann' }, labels: [{ name: 'a' }], chapters: [{ pages: 7 }] }),
    );
    await manager.remove(saved);
    const [, event] = await received('novel');
    expect(event).toMatchObject({
      operation: 'remove',
      data: { writer: { name: 'Ann' }, labels: [{ name: 'a' }], chapters: [{ pages: 7 }] },
    });
  });

  it('A row that is saved later because it refers to the new one counts', async () => {
    await flow.dataSource.manager.save(novel({ cover: { color: 'red' } }));
    expect((await received('covered')).map(({ data }) => data)).toEqual([
      { cover: { color: 'red' } },
    ]);
  });

  it('A new row with related rows is no update', async () => {
    const { manager } = flow.dataSource;
    const saved = await manager.save(novel({ labels: [{ name: 'a' }] }));
    expect(await received('relabelled')).toEqual([]);
    await manager.save(Object.assign(saved, { labels: [] }));
    expect(await received('relabelled')).toMatchObject([
      { data: { labels: [] }, previous: { labels: [{ name: 'a' }] }, changed: ['labels.name'] },
    ]);
  });

  it('A query builder that writes many rows reads the relations of each of them', async () => {
    const { manager } = flow.dataSource;
    const [ann, bob] = [{ name: 'Ann' }, { name: 'Bob' }];
    await manager.save([novel({ writer: ann, labels: [{ name: 'a' }] }), novel({ writer: bob })]);
    await flow.forget();
    await manager.createQueryBuilder().update(Novel).set({ title: 'new' }).where('true').execute();
    const events = await received('novel');
    expect(events.map(({ data, changed }) => ({ data, changed }))).toMatchObject([
      {
        data: {
          title: 'new',
          writer: { name: 'Ann', novels: [{ title: 'new' }] },
          labels: [{ name: 'a' }],
        },
        changed: ['title', 'writer.novels.title'],
      },
      {
        data: { title: 'new', writer: { name: 'Bob', novels: [{ title: 'new' }] }, labels: [] },
        changed: ['title', 'writer.novels.title'],
      },
    ]);
  });

  it('A change of a related row is no event', async () => {
    const { manager } = flow.dataSource;
    const saved = await manager.save(novel({ writer: { name: 'Ann' } }));
    await flow.forget();
    await manager.save(Object.assign(saved.writer as Writer, { name: 'Anna' }));
    expect(await flow.received()).toEqual([]);
    await manager.save(Object.assign(saved, { title: 'two' }));
    const [event] = await received('novel');
    expect(event).toMatchObject({
      data: { title: 'two', writer: { name: 'Anna' } },
      changed: ['title', 'writer.novels.title'],
    });
  });

  it("'*' means no field of a related entity", async () => {
    expect(flow.hooks.get('unrelated').provides).toEqual(['id', 'title']);
  });

  it('The functions of a hook get no values of related entities', async () => {
    await flow.dataSource.manager.save(novel({ labels: [{ name: 'a' }] }));
    const [event] = await received('computing');
    expect(event?.data).toEqual({
      labels: [{ name: 'a' }],
      row: ['id', 'title', 'writer', 'prequel'],
    });
  });

  it('Conditions of a hook may be on fields that it does not provide', async () => {
    const { manager } = flow.dataSource;
    await manager.save(novel({ writer: { name: 'Ann' }, labels: [{ name: 'old' }] }));
    await manager.save(
      novel({ writer: { name: 'Ann' }, labels: [{ name: 'old' }, { name: 'new' }] }),
    );
    await manager.save(novel({ writer: { name: 'Bob' }, labels: [{ name: 'new' }] }));
    expect((await received('conditional')).map(({ data }) => data)).toEqual([{ title: 'one' }]);
  });

  it('The relations of many rows are read by as many statements as those of one', async () => {
    const { manager } = flow.dataSource;
    const countOf = async (count: number) => {
      statements.length = 0;
      await manager.save(Array.from({ length: count }, () => novel({ labels: [{ name: 'a' }] })));
      return statements.filter((sql) => sql.includes('model_hook_0')).length;
    };
    expect(await countOf(50)).toBe(await countOf(1));
  });
});

describe('schema()', () => {
  it('Bodies with related fields, present or not, are as the schema says', async () => {
    await fullNovel();
    await flow.dataSource.manager.save(novel());
    const bodies = await flow.received();
    const seen = new Set(bodies.map(({ event }) => event));
    expect(seen.size).toBeGreaterThan(1);
    for (const body of bodies) {
      const hook = flow.hooks.list().find(({ events }) => events.includes(body.event));
      const schema = hook?.schema(body.event, 'envelope') ?? {};
      expect([body.event, schemaFaults(schema, body)]).toEqual([body.event, []]);
    }
  });
});
