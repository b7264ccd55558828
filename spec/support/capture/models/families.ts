import {
  ChildEntity,
  Column,
  Entity,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
} from 'typeorm';
import { column, columns, type Truth } from '../truth';
import type { Hooking } from './hooked';

/** Several classes in one table, and trees. */
export function familyModel(hook: Hooking) {
  @Entity()
  @TableInheritance({ column: { type: 'varchar', name: 'type' } })
  @hook({ provides: ['id', 'name'] })
  class Animal {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;
  }

  /** The hook of its parent holds for it. */
  @ChildEntity()
  class Dog extends Animal {
    @Column({ type: 'varchar', nullable: true })
    breed!: string | null;
  }

  @ChildEntity()
  @hook({ provides: ['id', 'name', 'lives'] })
  class Cat extends Animal {
    @Column({ type: 'int', nullable: true })
    lives!: number | null;
  }

  @Entity()
  @Tree('materialized-path')
  @hook({ provides: ['id', 'label', 'parent.id'] })
  class Path {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    label!: string;

    @TreeParent()
    parent!: Relation<Path> | null;

    @TreeChildren({ cascade: true })
    children!: Path[];
  }

  @Entity()
  @Tree('closure-table')
  @hook({ provides: ['id', 'label', 'parent.id'] })
  class Closure {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    label!: string;

    @TreeParent()
    parent!: Relation<Closure> | null;

    @TreeChildren({ cascade: true })
    children!: Closure[];
  }

  @Entity()
  @Tree('nested-set')
  @hook({ provides: ['id', 'label', 'parent.id'] })
  class Nested {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    label!: string;

    @TreeParent()
    parent!: Relation<Nested> | null;

    @TreeChildren({ cascade: true })
    children!: Nested[];
  }

  return { Animal, Dog, Cat, Path, Closure, Nested };
}

export const FAMILY_TRUTHS: readonly Truth[] = [
  {
    hook: 'animal',
    table: 'public.animal',
    key: ['id'],
    identity: ['id'],
    covers: ({ type }) => type !== 'Cat',
    reads: columns('id', 'name'),
  },
  {
    hook: 'cat',
    table: 'public.animal',
    key: ['id'],
    identity: ['id'],
    covers: ({ type }) => type === 'Cat',
    reads: columns('id', 'name', 'lives'),
  },
  ...['path', 'closure', 'nested'].map((hook) => ({
    hook,
    table: `public.${hook}`,
    key: ['id'],
    identity: ['id'],
    reads: { ...columns('id', 'label'), 'parent.id': column('parentId') },
  })),
];

/** Trees are made by the cases that need them. */
export const FAMILY_SEED = `
  INSERT INTO animal (id, name, type, breed, lives) VALUES (1, 'Rex', 'Dog', 'pug', NULL), (2, 'Tom', 'Cat', NULL, 9), (3, 'Any', 'Animal', NULL, NULL);`;
