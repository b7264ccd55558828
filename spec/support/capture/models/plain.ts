import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';
import { column, columns, type Truth, time } from '../truth';
import type { Hooking } from './hooked';

/** Entities whose tables TypeORM alone fills. */
export function plainModel(hook: Hooking) {
  @Entity()
  @hook({ provides: ['id', 'title', 'rank', 'body'] })
  @hook({ name: 'note.exact', provides: ['id', 'rank'], exactPrevious: true })
  class Note {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar', unique: true })
    title!: string;

    @Column({ type: 'int', default: 0 })
    rank!: number;

    @Column({ type: 'varchar', nullable: true })
    body!: string | null;

    @Column({ type: 'varchar', nullable: true })
    secret!: string | null;
  }

  class Home {
    @Column({ type: 'varchar', nullable: true })
    city!: string | null;

    @Column({ type: 'varchar', nullable: true })
    zip!: string | null;
  }

  @Entity()
  @hook({
    provides: ['id', 'name', 'hidden', 'home.city', 'home.zip', 'version', 'updatedAt', 'cents'],
  })
  @hook({ name: 'doc.exact', provides: ['id', 'name'], exactPrevious: true })
  class Doc {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar', unique: true })
    name!: string;

    @Column({ type: 'varchar', nullable: true, select: false })
    hidden!: string | null;

    @Column(() => Home)
    home!: Home;

    /** Stored as cents, held as a price. */
    @Column({
      type: 'int',
      default: 0,
      transformer: {
        to: (price) => (typeof price === 'number' ? price * 100 : price),
        from: (cents) => cents / 100,
      },
    })
    cents!: number;

    @VersionColumn()
    version!: number;

    @CreateDateColumn({ type: 'timestamptz' })
    createdAt!: Date;

    @UpdateDateColumn({ type: 'timestamptz' })
    updatedAt!: Date;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;
  }

  @Entity()
  @hook({ provides: ['a', 'b', 'label'] })
  class Pair {
    @PrimaryColumn({ type: 'int' })
    a!: number;

    @PrimaryColumn({ type: 'varchar' })
    b!: string;

    @Column({ type: 'varchar' })
    label!: string;
  }

  @Entity()
  @hook({ provides: ['id', 'label'] })
  class Token {
    @PrimaryGeneratedColumn('uuid')
    id!: string;

    @Column({ type: 'varchar' })
    label!: string;
  }

  @Entity({ schema: 'odd schema', name: 'Odd x!' })
  @hook({ name: 'odd', provides: ['id', 'label', 'select'] })
  class Odd {
    @PrimaryGeneratedColumn({ name: 'The Id' })
    id!: number;

    @Column({ type: 'varchar', name: 'Weird-Col', unique: true })
    label!: string;

    @Column({ type: 'varchar', nullable: true })
    select!: string | null;
  }

  /** Not hooked in either database. */
  @Entity()
  class Unhooked {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar', unique: true })
    title!: string;

    @Column({ type: 'int', default: 0 })
    rank!: number;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;
  }

  return { Note, Doc, Home, Pair, Token, Odd, Unhooked };
}

export const PLAIN_TRUTHS: readonly Truth[] = [
  {
    hook: 'note',
    table: 'public.note',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'title', 'rank', 'body'),
  },
  {
    hook: 'note.exact',
    table: 'public.note',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'rank'),
  },
  {
    hook: 'doc',
    table: 'public.doc',
    key: ['id'],
    identity: ['id'],
    deleteDate: 'deletedAt',
    reads: {
      ...columns('id', 'name', 'hidden', 'version'),
      'home.city': column('homeCity'),
      'home.zip': column('homeZip'),
      updatedAt: time('updatedAt'),
      cents: (row) => Number(row.cents) / 100,
    },
  },
  {
    hook: 'doc.exact',
    table: 'public.doc',
    key: ['id'],
    identity: ['id'],
    deleteDate: 'deletedAt',
    reads: columns('id', 'name'),
  },
  {
    hook: 'pair',
    table: 'public.pair',
    key: ['a', 'b'],
    identity: ['a', 'b'],
    reads: columns('a', 'b', 'label'),
  },
  {
    hook: 'token',
    table: 'public.token',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'label'),
  },
  {
    hook: 'odd',
    table: 'odd schema.Odd x!',
    key: ['The Id'],
    identity: ['id'],
    reads: { id: column('The Id'), label: column('Weird-Col'), select: column('select') },
  },
];

export const TOKEN = '6f1c2f0e-3f43-4b7e-9a57-0d2f6b0a4b11';

export const PLAIN_SEED = `
  INSERT INTO note (id, title, rank, body, secret) VALUES (1, 'a', 1, NULL, 's'), (2, 'b', 2, 'body', NULL), (3, 'c', 3, NULL, NULL);
  INSERT INTO doc (id, name, hidden, "homeCity", "homeZip", cents, version, "createdAt", "updatedAt", "deletedAt") VALUES
    (1, 'one', 'h1', 'Rome', '1', 150, 1, '2024-01-01Z', '2024-01-01 00:00:00.123456Z', NULL),
    (2, 'two', NULL, NULL, NULL, 0, 4, '2024-01-01Z', '2024-01-02Z', NULL),
    (3, 'three', 'h3', 'Oslo', NULL, 5, 1, '2024-01-01Z', '2024-01-02Z', '2024-02-02Z');
  INSERT INTO pair (a, b, label) VALUES (1, 'x', 'first'), (1, 'y', 'second'), (2, 'x', 'third');
  INSERT INTO token (id, label) VALUES ('${TOKEN}', 'seed');
  INSERT INTO "odd schema"."Odd x!" ("The Id", "Weird-Col", "select") VALUES (1, 'o', 's'), (2, 'p', NULL);
  INSERT INTO unhooked (id, title, rank) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);`;
