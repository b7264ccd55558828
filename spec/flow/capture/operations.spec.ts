import { Column, DeleteDateColumn, Entity, PrimaryGeneratedColumn, VersionColumn } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

@Entity()
@ModelHook({ provides: ['id', 'title', 'tags'] })
class Note {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'jsonb', nullable: true })
  tags!: unknown;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;

  @VersionColumn()
  version!: number;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

/** The mark itself is provided, and the old values are exact. */
@Entity()
@ModelHook({ provides: ['title', 'deletedAt'], exactPrevious: true })
class Draft {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Note, Draft] });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

const names = async () => (await flow.received()).map(({ event }) => event);

/** A saved note whose own event is forgotten. */
async function storedNote(): Promise<Note> {
  const note = Object.assign(new Note(), { title: 'old', tags: [1], secret: 's' });
  const saved = await flow.dataSource.manager.save(note);
  await flow.forget();
  return saved;
}

describe('an update', () => {
  it('An update has the previous and the new values', async () => {
    const note = await storedNote();
    await flow.dataSource.manager.save(Object.assign(note, { title: 'new' }));
    const [event] = await flow.received();
    expect(event).toMatchObject({
      event: 'note.updated',
      operation: 'update',
      data: { id: note.id, title: 'new', tags: [1] },
      previous: { id: note.id, title: 'old', tags: [1] },
      changed: ['title'],
    });
  });

  it('A row that is saved twice in one call has one event', async () => {
    const { id } = await storedNote();
    await flow.dataSource.manager.save(Note, [
      { id, title: 'newer' },
      { id, tags: [2] },
    ]);
    expect(await flow.received()).toMatchObject([
      { data: { title: 'newer', tags: [2] }, previous: { title: 'old', tags: [1] } },
    ]);
  });

  it('An update that changes no provided field has no event', async () => {
    const note = await storedNote();
    await flow.dataSource.manager.save(Object.assign(note, { secret: 'other' }));
    await flow.dataSource.manager.save(note);
    expect(await flow.received()).toEqual([]);
  });
});

describe('exactPrevious', () => {
  /** Saves "mine", and lets another transaction commit its title between what TypeORM reads and its transaction. */
  async function overtaken(theirs: string): Promise<void> {
    const { manager, subscribers } = flow.dataSource;
    const { id } = await manager.save(Draft, { title: 'old' });
    await flow.forget();
    const intruder = {
      beforeTransactionStart: async () => {
        subscribers.splice(subscribers.indexOf(intruder), 1);
        await manager.query('UPDATE draft SET title = $1 WHERE id = $2', [theirs, id]);
      },
    };
    subscribers.push(intruder);
    await manager.save(Draft, { id, title: 'mine' });
  }

  it('The previous value is exact even if a concurrent transaction has committed', async () => {
    await overtaken('theirs');
    const told = await flow.received();
    expect(told.find(({ event }) => event === 'draft.updated')).toMatchObject({
      data: { title: 'mine' },
      previous: { title: 'theirs' },
    });
  });

  it('An update to the value that a concurrent transaction committed has no event', async () => {
    await overtaken('mine');
    expect(await names()).toEqual([]);
  });

  it('The previous values are exact for several saves in one transaction', async () => {
    await flow.dataSource.transaction(async (manager) => {
      const draft = await manager.save(Draft, { title: 'one' });
      await manager.save(Draft, { id: draft.id, title: 'two' });
      await manager.save(Draft, { id: draft.id, title: 'three' });
    });
    const told = (await flow.received()).filter(({ event }) => event === 'draft.updated');
    expect(told.map(({ previous }) => previous?.title)).toEqual(['one', 'two']);
  });
});

describe('a removal', () => {
  it('A removal has the old values, including the id', async () => {
    const note = await storedNote();
    const { id } = note;
    await flow.dataSource.manager.remove(note);
    expect(await flow.received()).toMatchObject([
      {
        event: 'note.removed',
        data: { id, title: 'old', tags: [1] },
        previous: null,
        changed: [],
      },
    ]);
  });

  it('The removal of a row that no longer exists has no event', async () => {
    const note = await storedNote();
    const again = Object.assign(new Note(), note);
    await flow.dataSource.manager.remove(note);
    await flow.forget();
    await flow.dataSource.manager.remove(again);
    expect(await flow.stored()).toEqual([]);
  });

  it('A row that is removed concurrently has one event', async () => {
    const note = await storedNote();
    const copies = Array.from({ length: 4 }, () => Object.assign(new Note(), note));
    await Promise.all(copies.map((copy) => flow.dataSource.manager.remove(copy)));
    expect(await names()).toEqual(['note.removed']);
  });
});

describe('softRemove and recover', () => {
  it('softRemove() and recover() have the values and what has changed in them', async () => {
    const draft = await flow.dataSource.manager.save(Object.assign(new Draft(), { title: 'gone' }));
    await flow.forget();
    await flow.dataSource.manager.softRemove(draft);
    await flow.dataSource.manager.recover(draft);
    const at = { title: 'gone', deletedAt: expect.stringMatching(/Z$/) };
    const never = { title: 'gone', deletedAt: null };
    expect(await flow.received()).toMatchObject([
      { event: 'draft.softRemoved', data: at, previous: never, changed: ['deletedAt'] },
      { event: 'draft.recovered', data: never, previous: at, changed: ['deletedAt'] },
    ]);
  });

  it('softRemove() and recover() have events even if no provided field has changed', async () => {
    const note = await storedNote();
    await flow.dataSource.manager.softRemove(note);
    await flow.dataSource.manager.recover(note);
    const data = { id: note.id, title: 'old', tags: [1] };
    expect(await flow.received()).toMatchObject([
      { event: 'note.softRemoved', data, previous: data, changed: [] },
      { event: 'note.recovered', data, previous: data, changed: [] },
    ]);
  });

  it.each(['note', 'draft'])(
    'A repeated softRemove() or recover() of a %s has no event',
    async (table) => {
      const { manager } = flow.dataSource;
      const target = table === 'note' ? Note : Draft;
      const saved = await manager.save(target, { title: 'x' });
      await manager.recover(target, saved);
      await manager.softRemove(target, saved);
      await manager.softRemove(target, saved);
      await manager.recover(target, saved);
      await manager.recover(target, saved);
      expect(await names()).toEqual([
        `${table}.created`,
        `${table}.softRemoved`,
        `${table}.recovered`,
      ]);
    },
  );
});
