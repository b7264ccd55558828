import {
  AfterLoad,
  Column,
  DeleteDateColumn,
  Entity,
  type EntitySubscriberInterface,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { changed, ModelHook, was } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

const clear = (text: string) => text.replace('sealed:', '');

/** Columns whose loaded value is not that of the row, by a listener, by a subscriber, and by an accessor. */
@Entity()
@ModelHook({ provides: ['code', 'label'] })
@ModelHook({ name: 'judging', provides: ['label'], when: { code: was('sealed:one') } })
@ModelHook({ name: 'moving', provides: ['label'], when: { code: changed() } })
class Listened {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  code!: string;

  @Column({ type: 'varchar' })
  label!: string;

  @AfterLoad()
  open(): void {
    this.code = clear(this.code);
  }
}

@Entity()
@ModelHook({ provides: ['code', 'label'] })
class Subscribed {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  code!: string;

  @Column({ type: 'varchar' })
  label!: string;
}

@Entity()
@ModelHook({ provides: ['code', 'label'] })
class Accessed {
  #code = '';

  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  get code(): string {
    return clear(this.#code);
  }

  set code(code: string) {
    this.#code = code;
  }

  @Column({ type: 'varchar' })
  label!: string;
}

/** The mark is not loaded, so that nobody sees by the entity whether it is set. */
@Entity()
@ModelHook({ provides: ['label'] })
class Marked {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  label!: string;

  @DeleteDateColumn({ type: 'timestamptz', select: false })
  deletedAt!: Date | null;
}

@Entity()
class Owner {
  @PrimaryGeneratedColumn()
  id!: number;

  @OneToMany(
    () => Orphan,
    (orphan) => orphan.owner,
    { cascade: true },
  )
  orphans!: Orphan[];
}

@Entity()
@ModelHook({ provides: ['label'] })
class Orphan {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  label!: string;

  @ManyToOne(
    () => Owner,
    (owner) => owner.orphans,
    { orphanedRowAction: 'soft-delete' },
  )
  owner!: Relation<Owner>;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

const opening: EntitySubscriberInterface<Subscribed> = {
  listenTo: () => Subscribed,
  afterLoad: (entity) => {
    entity.code = clear(entity.code);
  },
};

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({
    entities: [Listened, Subscribed, Accessed, Marked, Owner, Orphan],
  });
  flow.dataSource.subscribers.push(opening);
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

describe('a column that changes when it is loaded', () => {
  it.each([Listened, Subscribed, Accessed])(
    'The previous value of %p is what the row held',
    async (entity) => {
      const repository = flow.dataSource.getRepository<Listened>(entity as typeof Listened);
      const { id } = await repository.save({ code: 'sealed:one', label: 'one' });
      await flow.forget();
      await repository.save({ id, code: 'sealed:two', label: 'two' });
      const name = entity.name.toLowerCase();
      const updated = (await flow.received()).find(({ event }) => event === `${name}.updated`);
      expect(updated?.data).toEqual({ code: 'sealed:two', label: 'two' });
      expect(updated?.previous).toEqual({ code: 'sealed:one', label: 'one' });
    },
  );

  it('A transition is judged by what the row held', async () => {
    const repository = flow.dataSource.getRepository(Listened);
    const { id } = await repository.save({ code: 'sealed:one', label: 'one' } as Listened);
    await flow.forget();
    await repository.save({ id, code: 'sealed:two', label: 'two' });
    expect((await flow.received()).map(({ event }) => event).sort()).toEqual([
      'judging.updated',
      'listened.updated',
      'moving.updated',
    ]);
  });
});

describe('a mark that TypeORM does not load', () => {
  it('A row with a mark that is not selected has an event for each mark that is set and taken off', async () => {
    const repository = flow.dataSource.getRepository(Marked);
    const row = await repository.save({ label: 'one' } as Marked);
    await flow.forget();
    for (const _ of [1, 2]) await repository.softRemove({ ...row } as Marked);
    for (const _ of [1, 2]) await repository.recover({ ...row } as Marked);
    expect((await flow.received()).map(({ event }) => event)).toEqual([
      'marked.softRemoved',
      'marked.recovered',
    ]);
  });

  it('An orphan that is soft-removed has an event', async () => {
    const owners = flow.dataSource.getRepository(Owner);
    const owner = await owners.save({ orphans: [{ label: 'a' }, { label: 'b' }] } as Owner);
    await flow.forget();
    await owners.save({ ...owner, orphans: [owner.orphans[0]!] } as Owner);
    expect(await flow.received()).toMatchObject([
      { event: 'orphan.softRemoved', data: { label: 'b' } },
    ]);
  });
});
