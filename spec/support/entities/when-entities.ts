import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  TableInheritance,
} from 'typeorm';
import {
  any,
  anyOf,
  becomes,
  changed,
  gt,
  isNull,
  ModelHook,
  not,
  oneOf,
  startsWith,
  was,
} from '../../../lib';

/** Each hook provides only the title and has another condition. */
@Entity()
@ModelHook({ name: 'shown', provides: ['title'], when: { status: 'public' } })
@ModelHook({ name: 'appears', provides: ['title'], when: { status: becomes('public') } })
@ModelHook({ name: 'hides', provides: ['title'], when: { status: was('public') } })
@ModelHook({ name: 'moves', provides: ['title'], when: { status: changed() } })
@ModelHook({
  name: 'both',
  provides: ['title'],
  when: { status: anyOf('public', 'draft'), title: startsWith('A') },
})
@ModelHook({ name: 'marked', provides: ['title'], when: { deletedAt: becomes(not(isNull())) } })
@ModelHook({ name: 'unmarked', provides: ['title'], when: { deletedAt: becomes(isNull()) } })
export class Post {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'varchar', nullable: true })
  status!: string | null;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

const cents = {
  to: (euros: number) => euros * 100,
  from: (stored: string) => Number(stored) / 100,
};

@Entity()
export class Owner {
  @PrimaryGeneratedColumn()
  id!: number;

  @OneToMany(
    () => Parcel,
    (parcel) => parcel.owner,
    { cascade: true },
  )
  parcels!: Parcel[];
}

/** Conditions on columns that TypeORM does not load or transforms. */
@Entity()
@ModelHook({ name: 'repinned', provides: ['label'], when: { pin: changed() } })
@ModelHook({ name: 'pinned', provides: ['label'], when: { pin: '1234' } })
@ModelHook({ name: 'owned', provides: ['label'], when: { 'owner.id': was(isNull()) } })
@ModelHook({ name: 'reowned', provides: ['label'], when: { 'owner.id': changed() } })
@ModelHook({ name: 'heavy', provides: ['label'], when: { grams: gt(2n ** 53n) } })
@ModelHook({ name: 'dear', provides: ['label'], when: { price: 9.5 } })
@ModelHook({
  name: 'long',
  provides: ['label'],
  compute: { length: (row: Parcel) => row.label.length },
  when: { length: becomes(oneOf([5, 6])) },
})
@ModelHook({
  name: 'secretive',
  provides: ['label'],
  compute: { digits: (row: Parcel) => row.pin?.length ?? 0 },
  when: { digits: changed() },
})
export class Parcel {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  label!: string;

  @Column({ type: 'varchar', nullable: true, select: false })
  pin!: string | null;

  @Column({ type: 'bigint', default: 0 })
  grams!: string;

  @Column({ type: 'numeric', default: 0, transformer: cents })
  price!: number;

  @ManyToOne(
    () => Owner,
    (owner) => owner.parcels,
    { nullable: true },
  )
  owner!: Owner | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
@ModelHook<string>({ name: 'barking', provides: ['name'], when: { barks: true } })
@ModelHook<string>({ name: 'notBarking', provides: ['name'], when: { barks: not(true) } })
@ModelHook<string>({ name: 'whatever', provides: ['name'], when: { barks: any() } })
export class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

@ChildEntity()
export class Dog extends Animal {
  @Column({ type: 'boolean', nullable: true })
  barks!: boolean | null;
}

@ChildEntity()
export class Fish extends Animal {}

/** Its function accepts only rows that are ready. */
@Entity()
@ModelHook({
  provides: ['title'],
  compute: { words: (row: Draft) => wordsOf(row) },
  when: { isReady: true, words: gt(1) },
})
export class Draft {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'boolean' })
  isReady!: boolean;
}

function wordsOf({ title, isReady }: Draft): number {
  if (!isReady || title === 'broken') throw new RangeError('no words');
  return title.split(' ').length;
}
