import { Column, DeleteDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../../lib';
import { ReceivingFlow } from '../../../support/application/receiving-flow';
import { BY_TRIGGERS } from '../../../support/application/triggers-flow';
import { type Receiver, startReceiver } from '../../../support/receivers/receiver';

const trouble = { throws: false };
let resolved: Receiver;

@Entity()
@ModelHook({
  provides: ['title'],
  compute: { shout: (row: Article) => row.title.toUpperCase() },
  ref: (row: Article) => `https://example.com/articles/${row.id}`,
  sender: 'owner',
  headers: (row: Article) => ({ 'x-owner': row.owner }),
  when: { hidden: false },
})
@ModelHook({
  name: 'resolving',
  provides: ['title'],
  resolve: ({ data }) => {
    if (data.title === 'broken') throw new TypeError('the secret is x');
    return data.title === 'far' ? [resolved.url] : [];
  },
})
@ModelHook({
  name: 'fragile',
  provides: ['title'],
  compute: {
    length: (row: Article) => {
      if (trouble.throws) throw new RangeError('the secret is x');
      return row.title.length;
    },
  },
})
class Article {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'varchar', default: 'acme' })
  owner!: string;

  @Column({ type: 'boolean', default: false })
  hidden!: boolean;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

const error = jest.fn();
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error };

let flow: ReceivingFlow;
beforeAll(async () => {
  resolved = await startReceiver();
  flow = await ReceivingFlow.start({ entities: [Article], attach: { ...BY_TRIGGERS, logger } });
});
afterAll(async () => {
  await flow.stop();
  await resolved.close();
});
beforeEach(async () => {
  trouble.throws = false;
  await flow.forget();
  error.mockClear();
  resolved.received.splice(0);
});

const ofHook = async (name: string) =>
  (await flow.received()).filter(({ event }) => event.startsWith(`${name}.`));

interface Row {
  readonly source: unknown;
  readonly skipped: string | null;
}
const rowsOf = (hook: string) =>
  flow.query<Row>('SELECT source, skipped FROM model_hook_event WHERE hook = $1 ORDER BY id', [
    hook,
  ]);

describe('functions of a hook that triggers capture', () => {
  it('They are called with the row when the event is planned', async () => {
    await flow.query(`INSERT INTO article (title, secret) VALUES ('one', 'never sent')`);
    await flow.query(`UPDATE article SET title = 'two' WHERE title = 'one'`);
    const [created, updated] = await ofHook('article');
    const [{ id } = { id: 0 }] = await flow.query<{ id: number }>('SELECT id FROM article');
    const ref = `https://example.com/articles/${id}`;
    expect(created).toMatchObject({ ref, sender: 'acme', data: { title: 'one', shout: 'ONE' } });
    expect(updated).toMatchObject({
      event: 'article.updated',
      data: { title: 'two', shout: 'TWO' },
      previous: { title: 'one', shout: 'ONE' },
      changed: ['title', 'shout'],
    });
    expect(flow.receiver.received.map(({ headers }) => headers['x-owner'])).toContain('acme');
    await flow.query('DELETE FROM article');
    expect((await ofHook('article')).at(-1)).toMatchObject({ ref, data: { shout: 'TWO' } });
  });

  it('What they needed and is not provided is not stored any more when the event is planned', async () => {
    await flow.query(`INSERT INTO article (title, secret) VALUES ('one', 'never kept')`);
    await flow.hooks.idle();
    expect(JSON.stringify(await flow.query('SELECT * FROM model_hook_event'))).not.toContain(
      'never',
    );
    for (const { source } of await rowsOf('article')) expect(source).toBeNull();
  });

  it('An event whose row does not satisfy `when` is skipped', async () => {
    await flow.query(`INSERT INTO article (title, hidden) VALUES ('one', true)`);
    expect(await ofHook('article')).toEqual([]);
    expect(await rowsOf('article')).toEqual([{ source: null, skipped: 'the hook leaves it out' }]);
  });

  it('An update that changes nothing that the hook provides is not sent', async () => {
    await flow.query(`INSERT INTO article (title) VALUES ('one')`);
    await flow.forget();
    await flow.query(`UPDATE article SET secret = 'x'`);
    expect(await flow.received()).toEqual([]);
  });

  it('Targets that `resolve` returns get the event', async () => {
    await flow.query(`INSERT INTO article (title) VALUES ('near'), ('far')`);
    expect(await ofHook('resolving')).toHaveLength(2);
    expect(resolved.received.map(({ body }) => body)).toEqual([{ title: 'far' }]);
  });

  it('A function that throws makes its event skipped, and no other event and no write fails', async () => {
    trouble.throws = true;
    await flow.query(`INSERT INTO article (title) VALUES ('broken'), ('whole')`);
    expect((await ofHook('article')).map(({ data }) => data.title)).toEqual(['broken', 'whole']);
    expect((await ofHook('resolving')).map(({ data }) => data.title)).toEqual(['whole']);
    expect(await ofHook('fragile')).toEqual([]);
    const [broken, whole] = await rowsOf('resolving');
    expect(broken).toEqual({
      source: null,
      skipped: expect.stringContaining('TypeError was thrown'),
    });
    expect(whole).toEqual({ source: null, skipped: null });
    expect(error).toHaveBeenCalledTimes(3);
    expect(JSON.stringify(error.mock.calls)).not.toContain('secret is x');
  });
});
