import {
  Column,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { column, columns, type Truth } from '../truth';
import type { Hooking } from './hooked';

type OrphanedRowAction = 'nullify' | 'delete' | 'soft-delete' | 'disable';

/** A parent with children that `save()` treats differently when they are taken out of the array. */
export function orphanModel(hook: Hooking) {
  @Entity()
  @hook({ provides: ['id', 'name'] })
  class Parent {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @OneToMany('Nullified', 'parent', { cascade: true })
    nullified!: Child[];

    @OneToMany('Deleted', 'parent', { cascade: true })
    deleted!: Child[];

    @OneToMany('SoftDeleted', 'parent', { cascade: true })
    softDeleted!: Child[];

    @OneToMany('Disabled', 'parent', { cascade: true })
    disabled!: Child[];
  }

  interface Child {
    id: number;
    name: string;
    deletedAt: Date | null;
    parent: Relation<Parent> | null;
  }

  const [Nullified, Deleted, SoftDeleted, Disabled] = (
    [
      ['Nullified', 'nullified', 'nullify'],
      ['Deleted', 'deleted', 'delete'],
      ['SoftDeleted', 'softDeleted', 'soft-delete'],
      ['Disabled', 'disabled', 'disable'],
    ] as const
  ).map(([name, list, action]) => childOf(name, list, action)) as never as readonly [
    new () => Child,
    new () => Child,
    new () => Child,
    new () => Child,
  ];

  function childOf(name: string, list: string, orphanedRowAction: OrphanedRowAction) {
    class Orphan implements Child {
      @PrimaryGeneratedColumn()
      id!: number;

      @Column({ type: 'varchar' })
      name!: string;

      @DeleteDateColumn({ type: 'timestamptz' })
      deletedAt!: Date | null;

      @ManyToOne(() => Parent, list, { nullable: true, orphanedRowAction })
      parent!: Relation<Parent> | null;
    }
    Object.defineProperty(Orphan, 'name', { value: name });
    hook({ provides: ['id', 'name', 'parent.id'] })(Orphan);
    Entity()(Orphan);
    return Orphan;
  }

  return { Parent, Nullified, Deleted, SoftDeleted, Disabled };
}

export const ORPHAN_TRUTHS: readonly Truth[] = [
  {
    hook: 'parent',
    table: 'public.parent',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'name'),
  },
  ...['nullified', 'deleted', 'softDeleted', 'disabled'].map((hook) => ({
    hook,
    table: `public.${hook === 'softDeleted' ? 'soft_deleted' : hook}`,
    key: ['id'],
    identity: ['id'],
    deleteDate: 'deletedAt',
    reads: { ...columns('id', 'name'), 'parent.id': column('parentId') },
  })),
];

export const ORPHAN_SEED = `
  INSERT INTO parent (id, name) VALUES (1, 'P'), (2, 'Q');
  ${['nullified', 'deleted', 'soft_deleted', 'disabled']
    .map((table) => `INSERT INTO ${table} (id, name, "parentId") VALUES (1, 'a', 1), (2, 'b', 1);`)
    .join('\n')}`;
