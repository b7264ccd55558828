import type { DataSource, EntityMetadata, InsertResult, ObjectLiteral, QueryRunner } from 'typeorm';
import type { HookedEntities } from '../entity/hooked-entity';
import { canReturn, insertedRow, type Returned, returnedSql } from '../entity/returned-row';
import type { TableCatalog } from '../entity/table-facts';
import { dataSourceOf } from './data-source-of';
import type { InsertedRows } from './inserted-rows';

interface InsertBuilder {
  readonly queryRunner?: QueryRunner;
  readonly expressionMap: {
    readonly callListeners: boolean;
    readonly valuesSet?: ObjectLiteral | readonly ObjectLiteral[] | undefined;
    readonly mainAlias?: { readonly hasMetadata: boolean; readonly metadata: EntityMetadata };
  };
  createReturningExpression(type: 'insert'): string;
  execute(): Promise<InsertResult>;
}

/** What is needed to learn which rows `save()` inserts. */
interface SavedRows {
  readonly entities: HookedEntities;
  readonly inserted: InsertedRows;
  readonly catalog: TableCatalog;
}

/** The values that insert query builders are writing now. */
const beingInserted = new WeakSet<object>();
const patched = new WeakSet<object>();
const savedRowsOf = new WeakMap<DataSource, SavedRows>();

/** Whether an insert that is reported comes from `insert()`, `upsert()` or a query builder, and not from `save()`. */
export function isInsertByBuilder(values: object | undefined): boolean {
  return values !== undefined && beingInserted.has(values);
}

/**
 * Makes insert query builders note the values that they insert: reports of `insert()`, which causes a warning, and of a `save()` without
 * a transaction, which is refused, are alike. `save()` builds its inserts with `callListeners` off; those return what the
 * database stored.
 */
export function watchInsertBuilders(dataSource: DataSource, saved: SavedRows): void {
  savedRowsOf.set(dataSource, saved);
  const prototype: InsertBuilder = Object.getPrototypeOf(dataSource.createQueryBuilder().insert());
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute } = prototype;
  prototype.execute = function (this: InsertBuilder): Promise<InsertResult> {
    const run = (): Promise<InsertResult> => execute.call(this);
    return this.expressionMap.callListeners
      ? noted(this.expressionMap.valuesSet, run)
      : returning(this, run);
  };
}

async function noted(
  valuesSet: InsertBuilder['expressionMap']['valuesSet'],
  run: () => Promise<InsertResult>,
): Promise<InsertResult> {
  const values = [valuesSet ?? []].flat();
  for (const set of values) beingInserted.add(set);
  try {
    return await run();
  } finally {
    for (const set of values) beingInserted.delete(set);
  }
}

/** Runs the INSERT of a `save()` and notes its rows. */
async function returning(
  builder: InsertBuilder,
  run: () => Promise<InsertResult>,
): Promise<InsertResult> {
  const { queryRunner: runner, expressionMap } = builder;
  const metadata = expressionMap.mainAlias?.hasMetadata && expressionMap.mainAlias.metadata;
  const count = [expressionMap.valuesSet ?? []].flat().length;
  const dataSource = runner && dataSourceOf(runner);
  const saved = dataSource && savedRowsOf.get(dataSource);
  if (!saved || !metadata || !saved.inserted.begin(runner, metadata, count)) return run();
  await saved.catalog.load(runner, metadata);
  const facts = saved.catalog.get(metadata);
  if (!canReturn(metadata, facts)) return run();
  const hooked = saved.entities.get(metadata) ?? [];
  returnAlso(builder, returnedSql(dataSource, metadata, hooked, facts));
  const result = await run();
  const returned: readonly Returned[] = result.raw;
  // If a trigger left out rows, nobody knows which.
  if (returned.length === count) {
    const rows = returned.map((row) => insertedRow(metadata, row));
    saved.inserted.note(runner, metadata, result.identifiers, rows);
  }
  return result;
}

/** The builder adds this to the columns that TypeORM asks for. Those who read the result ignore names that are no columns. */
function returnAlso(builder: InsertBuilder, sql: string): void {
  const own = builder.createReturningExpression;
  builder.createReturningExpression = (type) =>
    [own.call(builder, type), sql].filter((part) => part !== '').join(', ');
}
