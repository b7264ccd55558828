import {
  ChildEntity,
  Column,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
} from 'typeorm';
import { ModelHook } from '../../../lib';
import { type JsonValue, toJson } from '../../../lib/base/json';
import { sentRow } from '../../../lib/capture/entity/decode';
import { objectSql } from '../../../lib/capture/entity/object-sql';
import { HookCatalog } from '../../../lib/hook/catalog';
import { StoredFlow } from '../../support/application/stored-flow';

/** Its key has two columns, which are named otherwise in the database. */
@Entity({ name: 'Exact Branch' })
class Branch {
  @PrimaryColumn({ type: 'varchar', name: 'the country' })
  country!: string;

  @PrimaryColumn({ type: 'bigint' })
  number!: string;

  @Column({ type: 'jsonb', nullable: true })
  details!: object | null;

  @Column({ type: 'int', array: true, nullable: true })
  sizes!: number[] | null;

  @OneToMany(
    () => Loan,
    (loan) => loan.branch,
  )
  loans!: Relation<Loan>[];

  @ManyToMany(
    () => Branch,
    (branch) => branch.before,
  )
  @JoinTable()
  next!: Relation<Branch>[];

  @ManyToMany(
    () => Branch,
    (branch) => branch.next,
  )
  before!: Relation<Branch>[];
}

class Terms {
  @ManyToOne(() => Branch, { nullable: true })
  @JoinColumn()
  paid!: Branch | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Item {
  @PrimaryGeneratedColumn()
  id!: number;

  @ManyToOne(
    () => Loan,
    (loan) => loan.books,
    { nullable: true },
  )
  loan!: Relation<Loan> | null;
}

@ChildEntity()
class Book extends Item {
  @Column({ type: 'varchar', nullable: true })
  title!: string | null;
}

@ChildEntity()
class Film extends Item {
  @Column({ type: 'int', nullable: true })
  minutes!: number | null;
}

const PATHS = [
  'branch.number',
  'branch.details',
  'branch.sizes',
  'branch.next.number',
  'lazy.details',
  'terms.paid.sizes',
  'before.next.country',
  'books.id',
  'books.title',
] as const;

@Entity()
@ModelHook({ provides: PATHS as never })
class Loan {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @ManyToOne(
    () => Branch,
    (branch) => branch.loans,
    { nullable: true },
  )
  branch!: Branch | null;

  @ManyToOne(() => Branch, { nullable: true, lazy: true })
  lazy!: Promise<Branch | null>;

  @ManyToOne(() => Branch, { nullable: true })
  before!: Branch | null;

  @Column(() => Terms)
  terms!: Terms;

  @OneToMany(
    () => Book,
    (book) => book.loan,
  )
  books!: Relation<Book>[];
}

let flow: StoredFlow;
beforeAll(async () => {
  flow = await StoredFlow.start({ entities: [Branch, Item, Book, Film, Loan] });
});
afterAll(() => flow.stop());

async function savedLoan(): Promise<string> {
  const { manager } = flow.dataSource;
  const other = { country: "O'x", number: '2', details: { a: [1] }, sizes: [1, 2] };
  const next = await manager.save(manager.create(Branch, other));
  const first = { country: 'IT', number: '9007199254740993', details: null, sizes: null };
  const branch = await manager.save(manager.create(Branch, { ...first, next: [next] }));
  const loan = manager.create(Loan, { branch, before: branch, terms: { paid: next } });
  loan.lazy = Promise.resolve(next);
  await manager.save(loan);
  await manager.save([
    manager.create(Book, { title: 'b', loan }),
    manager.create(Book, { title: null, loan }),
  ]);
  // A film of the same loan is in the table of the books.
  await manager.save(manager.create(Film, { minutes: 90, loan }));
  return loan.id;
}

/** What `find()` gives at the paths. */
async function found(id: string): Promise<Record<string, JsonValue>> {
  const loan = await flow.dataSource.manager.findOneOrFail(Loan, {
    where: { id },
    relations: {
      branch: { next: true },
      lazy: true,
      before: { next: true },
      terms: { paid: true },
      books: true,
    },
    order: { books: { id: 'ASC' } },
  });
  const entity = { ...loan, lazy: await loan.lazy };
  return Object.fromEntries(PATHS.map((path) => [path, toJson(valueAt(entity, path.split('.')))]));
}

function valueAt(place: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return place;
  if (place === null || place === undefined) return null;
  if (Array.isArray(place)) return place.map((one) => valueAt(one, [step, ...rest]));
  return valueAt((place as Record<string, unknown>)[step], rest);
}

describe('relatedSql', () => {
  it('SQL follows keys of several columns, embedded, lazy and inherited relations as find() does', async () => {
    const { dataSource } = flow;
    const id = await savedLoan();
    const empty = await dataSource.manager.save(dataSource.manager.create(Loan, { terms: {} }));
    const fields = [...new HookCatalog(dataSource).load().get('loan').fields.values()];
    for (const one of [id, empty.id]) {
      const [row] = await flow.query<{ values: string }>(
        `SELECT ${objectSql(dataSource, fields, 't')}::text AS values FROM loan t WHERE t.id = '${one}'`,
      );
      const sent = sentRow(dataSource, fields, JSON.parse(row?.values ?? ''));
      expect(sent).toEqual(await found(one));
    }
  });
});
