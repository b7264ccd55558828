import {
  Column,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { ModelHook } from '../../../../lib';
import type { StoredFlow } from '../../../support/application/stored-flow';
import { startTriggersFlow } from '../../../support/application/triggers-flow';

@Entity()
class Writer {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @OneToMany(
    () => Story,
    (story) => story.writer,
  )
  stories!: Story[];
}

@Entity()
class Topic {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

const SHARED = {
  provides: ['title', 'writer.name', 'topics.name'],
  ref: 'https://example.com/stories/{id}/{title}',
  sender: 'owner',
} as const;

@Entity()
@ModelHook({ name: 'byTriggers', ...SHARED })
@ModelHook({ name: 'bySubscribers', ...SHARED, capture: 'subscribers' })
class Story {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'varchar', nullable: true })
  owner!: string | null;

  @ManyToOne(
    () => Writer,
    (writer) => writer.stories,
    { nullable: true },
  )
  writer!: Writer | null;

  @ManyToMany(() => Topic)
  @JoinTable()
  topics!: Topic[];
}

let flow: StoredFlow;
beforeAll(async () => {
  flow = await startTriggersFlow({ entities: [Writer, Topic, Story] });
});
afterAll(() => flow.stop());

const eventsOf = (hook: string) =>
  flow.query<{
    readonly operation: string;
    readonly ref: string | null;
    readonly data: Readonly<Record<string, unknown>>;
    readonly previous: Readonly<Record<string, unknown>> | null;
  }>(
    `SELECT operation, ref, sender, data, previous, source FROM model_hook_event WHERE hook = $1 ORDER BY id`,
    [hook],
  );

describe('the fields of related entities, a template and a sender path, with triggers', () => {
  it('Each event has what an event of subscribers has, and waits for no function', async () => {
    await flow.query(`INSERT INTO writer (id, name) VALUES (1, 'Ann'), (2, 'Bob')`);
    await flow.query(`INSERT INTO topic (id, name) VALUES (1, 'sea'), (2, 'war')`);
    await flow.query(
      `INSERT INTO story (id, title, owner, "writerId") VALUES (7, 'a b/ü', 'acme', 1)`,
    );
    await flow.query('INSERT INTO story_topics_topic VALUES (7, 2), (7, 1)');
    await flow.query(`TRUNCATE model_hook_event`);
    const stories = flow.dataSource.getRepository(Story);
    await stories.update(7, { title: 'x', writer: { id: 2 } });
    await stories.update(7, { owner: null, writer: null, title: 'y' });
    const ours = await eventsOf('byTriggers');
    expect(ours).toEqual(await eventsOf('bySubscribers'));
    expect(ours).toEqual([
      {
        operation: 'update',
        ref: 'https://example.com/stories/7/x',
        sender: 'acme',
        data: { title: 'x', 'writer.name': 'Bob', 'topics.name': ['sea', 'war'] },
        previous: { title: 'a b/ü', 'writer.name': 'Ann', 'topics.name': ['sea', 'war'] },
        source: null,
      },
      expect.objectContaining({
        sender: null,
        data: { title: 'y', 'writer.name': null, 'topics.name': ['sea', 'war'] },
      }),
    ]);
  });

  it('Changed links of a many-to-many relation are one update of each owner and statement', async () => {
    await flow.query(`INSERT INTO story (id, title) VALUES (20, 'p'), (21, 'q')`);
    await flow.query('TRUNCATE model_hook_event');
    const stories = flow.dataSource.getRepository(Story);
    const [one] = await stories.find({ where: { id: 20 }, relations: { topics: true } });
    const topics = await flow.dataSource.getRepository(Topic).find({ order: { id: 'ASC' } });
    await stories.save(Object.assign(one ?? {}, { topics }) as Story);
    await flow.query('INSERT INTO story_topics_topic VALUES (21, 1)');
    await flow.query('UPDATE story_topics_topic SET "topicId" = 2 WHERE "storyId" = 21');
    await flow.query('DELETE FROM story_topics_topic WHERE "topicId" = 2');
    const events = await eventsOf('byTriggers');
    expect(
      events
        .slice(0, 3)
        .map(({ operation, data, previous }) => [
          operation,
          data.title,
          previous?.['topics.name'],
          data['topics.name'],
        ]),
    ).toEqual([
      ['update', 'p', [], ['sea', 'war']],
      ['update', 'q', [], ['sea']],
      ['update', 'q', ['sea'], ['war']],
    ]);
    expect(
      events
        .slice(3)
        .map(({ data }) => [data.title, data['topics.name']])
        .sort(),
    ).toEqual([
      ['p', ['sea']],
      ['q', []],
      ['y', ['sea']],
    ]);
  });

  it('Texts in a template are encoded, and a removed row has a ref too', async () => {
    await flow.query(`TRUNCATE model_hook_event`);
    await flow.query(`INSERT INTO story (id, title) VALUES (8, 'a b/ü')`);
    await flow.query('DELETE FROM story WHERE id = 8');
    const refs = (await eventsOf('byTriggers')).map(({ ref }) => ref);
    expect(refs).toEqual(Array(2).fill('https://example.com/stories/8/a%20b%2F%C3%BC'));
  });
});
