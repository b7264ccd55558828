import {
  ChildEntity,
  Column,
  Entity,
  EntitySchema,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';
import { ModelHook } from '../../../lib';

class Geo {
  @Column({ type: 'double precision', nullable: true })
  lat!: number | null;
}

class Home {
  @Column({ type: 'varchar', nullable: true })
  city!: string | null;

  @Column(() => Geo)
  geo!: Geo;
}

@Entity()
@ModelHook({ provides: ['id', 'name', 'pin', 'home.city', 'home.geo.lat', 'version', 'updatedAt'] })
@ModelHook({ name: 'ordinary', provides: '*' })
export class Account {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true, select: false })
  pin!: string | null;

  @Column(() => Home)
  home!: Home;

  @VersionColumn()
  version!: number;

  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt!: Date;
}

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number;
}

@Entity()
@ModelHook({ provides: ['title', 'author.id', 'editorId', 'editor.id'] })
@ModelHook({ name: 'plain', provides: '*' })
export class Book {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @ManyToOne(() => Author, { nullable: true })
  author!: Author | null;

  @Column({ type: 'int', nullable: true })
  editorId!: number | null;

  @ManyToOne(() => Author, { nullable: true, lazy: true })
  @JoinColumn({ name: 'editorId' })
  editor!: Promise<Author | null>;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
@ModelHook({ provides: ['name'] })
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
@ModelHook({ provides: ['name', 'lives'] })
export class Cat extends Animal {
  @Column({ type: 'int', nullable: true })
  lives!: number | null;
}

@Entity()
@ModelHook({ provides: ['country', 'code', 'day', 'label'] })
export class Rate {
  @PrimaryColumn({ type: 'varchar' })
  country!: string;

  @PrimaryColumn({ type: 'bigint' })
  code!: string;

  @PrimaryColumn({ type: 'date' })
  day!: string;

  @Column({ type: 'varchar' })
  label!: string;
}

export const COUNTS = Array.from({ length: 120 }, (_, n) => `count${n}`);
export const Wide = new EntitySchema<Record<string, number>>({
  name: 'Wide',
  columns: {
    id: { type: 'int', primary: true },
    ...Object.fromEntries(COUNTS.map((count) => [count, { type: 'int' as const }])),
  },
});
ModelHook({ provides: '*' })(Wide as EntitySchema);
