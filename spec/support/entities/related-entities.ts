import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { ModelHook } from '../../../lib';

/** Adds a mark to a value, so that a spec sees how often it was converted, and of what. */
const MARKING = {
  to: (value: string | null) => value?.replace(/^<|>$/g, '') ?? null,
  from: (value: string | null) => `<${value}>`,
};

class Place {
  @Column({ type: 'varchar', nullable: true })
  city!: string | null;
}

@Entity({ schema: 'library' })
export class Company {
  @PrimaryColumn({ type: 'varchar' })
  code!: string;

  @Column({ type: 'varchar', nullable: true })
  name!: string | null;
}

@Entity()
export class Writer {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', nullable: true })
  name!: string | null;

  @Column({ type: 'varchar', nullable: true, transformer: MARKING })
  alias!: string | null;

  @Column({ type: 'bigint', nullable: true })
  fee!: string | null;

  @Column(() => Place)
  home!: Place;

  @ManyToOne(() => Company, { nullable: true, cascade: true })
  company!: Company | null;

  @OneToMany(
    () => Novel,
    (novel) => novel.writer,
  )
  novels!: Relation<Novel>[];

  @DeleteDateColumn()
  removedAt!: Date | null;
}

@Entity()
export class Label {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true, transformer: MARKING })
  note!: string | null;

  @ManyToMany(
    () => Novel,
    (novel) => novel.labels,
  )
  novels!: Relation<Novel>[];

  @DeleteDateColumn()
  removedAt!: Date | null;
}

@Entity()
export class Chapter {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'int' })
  pages!: number;

  @Column({ type: 'timestamptz', nullable: true })
  at!: Date | null;

  @ManyToOne(
    () => Novel,
    (novel) => novel.chapters,
    { onDelete: 'CASCADE' },
  )
  novel!: Relation<Novel>;

  @ManyToOne(() => Writer, { nullable: true })
  writer!: Writer | null;
}

@Entity()
export class Cover {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  color!: string;

  @OneToOne(
    () => Novel,
    (novel) => novel.cover,
  )
  @JoinColumn()
  novel!: Relation<Novel>;
}

export const TO_ONE = [
  'writer.id',
  'writer.name',
  'writer.alias',
  'writer.fee',
  'writer.home.city',
  'writer.company.code',
  'writer.company.name',
  'cover.color',
  'prequel.title',
] as const;
export const TO_MANY = [
  'labels.id',
  'labels.name',
  'labels.note',
  'chapters.pages',
  'chapters.at',
  'chapters.writer.id',
  'chapters.writer.alias',
  'sequels.title',
  'writer.novels.title',
] as const;

/** A row with relations of all kinds, in a schema of its own. */
@Entity({ schema: 'library' })
@ModelHook({ provides: ['title', ...TO_ONE, ...TO_MANY] })
@ModelHook({ name: 'unrelated', provides: '*' })
@ModelHook({ name: 'relabelled', provides: ['labels.name'], on: 'update' })
@ModelHook({ name: 'covered', provides: ['cover.color'], on: 'insert' })
@ModelHook({
  name: 'conditional',
  provides: ['title'],
  when: { 'writer.name': 'Ann', 'labels.name': 'new' },
})
@ModelHook({
  name: 'computing',
  provides: ['labels.name'],
  compute: { row: (row: object) => Object.keys(row) },
})
export class Novel {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @ManyToOne(
    () => Writer,
    (writer) => writer.novels,
    { nullable: true, cascade: true },
  )
  writer!: Writer | null;

  @ManyToMany(
    () => Label,
    (label) => label.novels,
    { cascade: true },
  )
  @JoinTable()
  labels!: Label[];

  @OneToMany(
    () => Chapter,
    (chapter) => chapter.novel,
    { cascade: true },
  )
  chapters!: Chapter[];

  @OneToOne(
    () => Cover,
    (cover) => cover.novel,
    { cascade: true },
  )
  cover!: Cover | null;

  @ManyToOne(
    () => Novel,
    (novel) => novel.sequels,
    { nullable: true },
  )
  prequel!: Relation<Novel> | null;

  @OneToMany(
    () => Novel,
    (novel) => novel.prequel,
  )
  sequels!: Relation<Novel>[];
}

export const RELATED = [Company, Writer, Label, Chapter, Cover, Novel];
