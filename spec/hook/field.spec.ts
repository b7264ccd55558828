import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  VersionColumn,
} from 'typeorm';
import { ModelHook } from '../../lib';
import type { FieldKind } from '../../lib/match/field-kind';
import { catalogOf, dropCatalogs } from './catalog-of';

afterAll(dropCatalogs);

class Home {
  @Column({ type: 'varchar' })
  city!: string;

  @ManyToOne(() => Author)
  owner!: Author | null;
}

@Entity()
class Author {
  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @OneToMany(
    () => Book,
    (book) => book.author,
  )
  books!: Book[];
}

@Entity()
class Shelf {
  @PrimaryColumn({ type: 'int' })
  room!: number;

  @PrimaryColumn({ type: 'int' })
  number!: number;
}

const upper = { to: (value: string) => value, from: (value: string) => value };

@Entity()
@ModelHook({ provides: '*' })
@ModelHook({ provides: ['*', 'id', 'author.id', 'secret'], name: 'more' })
@ModelHook({
  provides: ['publisherId', 'publisher.id', 'shelf.room', 'home.owner.id'],
  name: 'ids',
})
class Book {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'varchar', length: 20 })
  title!: string;

  @Column({ type: 'int' })
  pages!: number;

  @Column({ type: 'real' })
  weight!: number;

  @Column({ type: 'bigint' })
  isbn!: string;

  @Column({ type: 'decimal', precision: 10, scale: 2 })
  price!: string;

  @Column({ type: Boolean })
  inPrint!: boolean;

  @CreateDateColumn({ type: 'timestamp' })
  createdAt!: Date;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;

  @Column({ type: 'date' })
  day!: string;

  @Column({ type: 'time' })
  hour!: string;

  @Column({ type: 'jsonb' })
  details!: object;

  @Column({ type: 'simple-json' })
  simple!: object;

  @Column({ type: 'simple-array' })
  words!: string[];

  @Column({ type: 'int', array: true })
  counts!: number[];

  @Column({ type: 'bytea' })
  cover!: Buffer;

  @Column({ type: 'enum', enum: ['a', 'b'] })
  letter!: 'a' | 'b';

  @Column({ type: 'enum', enum: [1, 2] })
  digit!: 1 | 2;

  @Column({ type: 'varchar', transformer: upper })
  shout!: string;

  @Column({ type: 'numeric', transformer: upper })
  money!: string;

  @Column({ type: 'point' })
  place!: string;

  @VersionColumn()
  version!: number;

  @Column({ type: 'varchar', select: false })
  secret!: string;

  @Column(() => Home)
  home!: Home;

  @ManyToOne(() => Author)
  author!: Author | null;

  @Column({ type: 'bigint', nullable: true })
  publisherId!: string | null;

  @ManyToOne(() => Author)
  @JoinColumn({ name: 'publisherId' })
  publisher!: Author | null;

  @ManyToOne(() => Shelf)
  shelf!: Promise<Shelf | null>;
}

const book = async (name: string) => (await catalogOf(Book, Author, Shelf)).get(name);

describe('the fields of a hook', () => {
  it.each<{ path: string; kind: FieldKind }>([
    { path: 'title', kind: 'text' },
    { path: 'pages', kind: 'number' },
    { path: 'weight', kind: 'number' },
    { path: 'version', kind: 'number' },
    { path: 'isbn', kind: 'exact' },
    { path: 'price', kind: 'exact' },
    { path: 'inPrint', kind: 'boolean' },
    { path: 'createdAt', kind: 'instant' },
    { path: 'deletedAt', kind: 'instant' },
    { path: 'day', kind: 'date' },
    { path: 'hour', kind: 'time' },
    { path: 'details', kind: 'json' },
    { path: 'simple', kind: 'json' },
    { path: 'words', kind: 'list' },
    { path: 'counts', kind: 'list' },
    { path: 'cover', kind: 'bytes' },
    { path: 'letter', kind: 'text' },
    { path: 'digit', kind: 'unknown' },
    { path: 'shout', kind: 'unknown' },
    { path: 'money', kind: 'exact' },
    { path: 'place', kind: 'unknown' },
    { path: 'home.city', kind: 'text' },
  ])('The field $path compares as $kind', async ({ path, kind }) => {
    expect((await book('book')).fields.get(path)).toMatchObject({ path, kind, relation: null });
  });

  it("'*' provides all columns, the key included, except relation ids and columns that find() does not select", async () => {
    const paths = [...(await book('book')).fields.keys()];
    expect(paths[0]).toBe('id');
    for (const path of ['secret', 'author.id', 'publisherId', 'shelf.room', 'home.owner.id'])
      expect(paths).not.toContain(path);
    expect(paths).toHaveLength(23);
  });

  it("Fields that are listed beside '*' are provided too", async () => {
    const [all, more] = [(await book('book')).fields, (await book('more')).fields];
    expect([...more.keys()]).toEqual([...all.keys(), 'author.id', 'secret']);
    expect(more.get('author.id')).toMatchObject({ kind: 'exact', relation: 'author' });
  });

  it('A field can be the id of an owned relation, by column or by path, even in an embedded object', async () => {
    const { fields } = await book('ids');
    const relations = [...fields.values()].map(({ path, kind, relation }) => [
      path,
      kind,
      relation,
    ]);
    expect(relations).toEqual([
      ['publisherId', 'exact', null],
      ['publisher.id', 'exact', 'publisher'],
      ['shelf.room', 'number', 'shelf'],
      ['home.owner.id', 'exact', 'home.owner'],
    ]);
  });
});
