import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { column, columns, type Truth } from '../truth';
import type { Hooking } from './hooked';

/** Names that SQL of ours could use, keys that are relations, values of many types, and cascades of soft removal. */
export function trickyModel(hook: Hooking) {
  @Entity({ name: 'written' })
  @hook({ provides: ['id', 'old', 'told', 'data', 'previous', 'key', 'row', 'ctid2'] })
  class Written {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar', nullable: true })
    old!: string | null;

    @Column({ type: 'varchar', nullable: true })
    told!: string | null;

    @Column({ type: 'jsonb', nullable: true })
    data!: unknown;

    @Column({ type: 'varchar', nullable: true })
    previous!: string | null;

    @Column({ type: 'int', nullable: true })
    key!: number | null;

    @Column({ type: 'varchar', nullable: true })
    row!: string | null;

    @Column({ type: 'varchar', name: 'new', nullable: true })
    ctid2!: string | null;
  }

  @Entity()
  @hook({
    provides: [
      'id',
      'big',
      'money',
      'json',
      'list',
      'words',
      'bytes',
      'day',
      'at',
      'is',
      'real',
      'kind',
      'simple',
    ],
  })
  class Typed {
    @PrimaryColumn({ type: 'bigint' })
    id!: string;

    @Column({ type: 'bigint', nullable: true })
    big!: string | null;

    @Column({ type: 'numeric', precision: 10, scale: 2, nullable: true })
    money!: string | null;

    @Column({ type: 'jsonb', nullable: true })
    json!: unknown;

    @Column({ type: 'int', array: true, nullable: true })
    list!: number[] | null;

    @Column({ type: 'text', array: true, nullable: true })
    words!: string[] | null;

    @Column({ type: 'bytea', nullable: true })
    bytes!: Buffer | null;

    @Column({ type: 'date', nullable: true })
    day!: string | null;

    @Column({ type: 'timestamptz', nullable: true })
    at!: Date | null;

    @Column({ type: 'boolean', nullable: true })
    is!: boolean | null;

    @Column({ type: 'float8', nullable: true })
    real!: number | null;

    @Column({ type: 'enum', enum: ['one', 'two words'], nullable: true })
    kind!: string | null;

    @Column({ type: 'simple-json', nullable: true })
    simple!: unknown;
  }

  @Entity()
  @hook({ provides: ['id', 'name'] })
  class Folder {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;

    @OneToMany(
      () => Leaf,
      (leaf) => leaf.folder,
      { cascade: true },
    )
    leaves!: Leaf[];
  }

  /** Its key is a relation and a number. */
  @Entity()
  @hook({ provides: ['folderId', 'page', 'text'] })
  class Leaf {
    @PrimaryColumn({ type: 'int' })
    folderId!: number;

    @PrimaryColumn({ type: 'int' })
    page!: number;

    @Column({ type: 'varchar', nullable: true })
    text!: string | null;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;

    @ManyToOne(
      () => Folder,
      (folder) => folder.leaves,
    )
    @JoinColumn({ name: 'folderId' })
    folder!: Relation<Folder>;

    @OneToMany(
      () => Mark,
      (mark) => mark.leaf,
      { cascade: true },
    )
    marks!: Mark[];
  }

  /** Refers to a key of two columns. The relation is lazy. */
  @Entity()
  @hook({ provides: ['id', 'leaf.folderId', 'leaf.page'] })
  class Mark {
    @PrimaryGeneratedColumn()
    id!: number;

    @ManyToOne(
      () => Leaf,
      (leaf) => leaf.marks,
      { nullable: true, lazy: true },
    )
    leaf!: Promise<Leaf | null>;
  }

  return { Written, Typed, Folder, Leaf, Mark };
}

export const TRICKY_TRUTHS: readonly Truth[] = [
  {
    hook: 'written',
    table: 'public.written',
    key: ['id'],
    identity: ['id'],
    reads: {
      ...columns('id', 'old', 'told', 'data', 'previous', 'key', 'row'),
      ctid2: column('new'),
    },
  },
  {
    hook: 'typed',
    table: 'public.typed',
    key: ['id'],
    identity: ['id'],
    reads: {
      ...columns('json', 'list', 'words', 'day', 'is', 'real', 'kind'),
      id: ({ id }) => String(id),
      big: ({ big }) => big && String(big),
      money: ({ money }) => (money === null ? null : Number(money).toFixed(2)),
      bytes: ({ bytes }) => bytes && Buffer.from(String(bytes).slice(2), 'hex').toString('base64'),
      at: ({ at }) => at && new Date(String(at)).toISOString(),
      simple: ({ simple }) => simple && JSON.parse(String(simple)),
    },
  },
  {
    hook: 'folder',
    table: 'public.folder',
    key: ['id'],
    identity: ['id'],
    deleteDate: 'deletedAt',
    reads: columns('id', 'name'),
  },
  {
    hook: 'leaf',
    table: 'public.leaf',
    key: ['folderId', 'page'],
    identity: ['folderId', 'page'],
    deleteDate: 'deletedAt',
    reads: columns('folderId', 'page', 'text'),
  },
  {
    hook: 'mark',
    table: 'public.mark',
    key: ['id'],
    identity: ['id'],
    reads: {
      ...columns('id'),
      'leaf.folderId': column('leafFolderId'),
      'leaf.page': column('leafPage'),
    },
  },
];

export const TRICKY_SEED = `
  INSERT INTO written (id, old, told, data, previous, key, "row", "new") VALUES (1, 'o', 't', '{"a": [1]}', 'p', 7, 'r', 'n');
  INSERT INTO typed (id, big, money, json, list, words, bytes, day, at, "is", "real", kind, simple) VALUES
    (1, 9007199254740990, 1.50, '{"a": null}', '{1,2}', '{"a,b",NULL,"c\\"d"}', '\\x00ff', '2024-02-29', '2024-01-01 00:00:00.123Z', true, 0.1, 'two words', '{"b":1}'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  INSERT INTO folder (id, name) VALUES (1, 'f'), (2, 'g');
  INSERT INTO leaf ("folderId", page, text) VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 1, 'z');
  INSERT INTO mark (id, "leafFolderId", "leafPage") VALUES (1, 1, 1), (2, NULL, NULL);`;
