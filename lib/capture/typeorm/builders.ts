import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import type { Operation } from '../../hook/operation';
import type { HookedTable } from '../entity/hooked-table';
import { markedReturning, markedWhere } from '../statement/marks';
import type { WriteStatement } from '../statement/write';
import { planStatement } from './statements';

/** The part of TypeORM's builders of writes that is used here. */
export interface WriteBuilder {
  readonly dataSource?: DataSource;
  /** In TypeORM 0.3. */
  readonly connection: DataSource;
  readonly queryRunner?: QueryRunner;
  readonly alias: string;
  readonly expressionMap: {
    readonly queryType: string;
    /** SQL of the caller, or names of properties. */
    readonly returning?: string | readonly string[];
    readonly mainAlias?: {
      readonly hasMetadata: boolean;
      readonly metadata: EntityMetadata;
      readonly tablePath?: string;
    };
    readonly valuesSet?: ObjectLiteral | readonly ObjectLiteral[];
    readonly insertFromSelect?: object;
    readonly onUpdate?: {
      readonly overwrite?: readonly string[];
      readonly columns?: readonly string[];
    };
  };
  escape(name: string): string;
  createReturningExpression(type: string): string;
  createWhereExpression(): string;
  getQueryAndParameters(): [sql: string, parameters: unknown[]];
  execute(): Promise<unknown>;
}

export interface BuilderReceiver {
  /** The table whose rows the builder writes; undefined if it runs as it is. Throws to refuse the write. */
  begin(builder: WriteBuilder): HookedTable | undefined;
}

const receivers = new WeakMap<DataSource, BuilderReceiver>();
const patched = new WeakSet<object>();

/** Hands the writes of all query builders of a DataSource to a receiver: those of `save()` and of repositories are built by them too. */
export function receiveBuilders(dataSource: DataSource, receiver: BuilderReceiver): void {
  receivers.set(dataSource, receiver);
  const builder = dataSource.createQueryBuilder();
  for (const one of [builder.insert(), builder.update(), builder.delete(), builder.softDelete()])
    patch(Object.getPrototypeOf(one));
}

export function stopReceivingBuilders(dataSource: DataSource, receiver: BuilderReceiver): void {
  if (receivers.get(dataSource) === receiver) receivers.delete(dataSource);
}

/** The builders that run now, and what is noted of them. */
const running = new WeakMap<WriteBuilder, Running>();

interface Running {
  readonly table: HookedTable;
  /** What the caller wants of the written rows, as SQL. */
  returning: string;
}

/** A builder of a hooked table marks its statement, which is planned to be captured. All others pass through. */
function patch(prototype: WriteBuilder): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute, createReturningExpression, createWhereExpression, getQueryAndParameters } =
    prototype;
  prototype.execute = function (this: WriteBuilder): Promise<unknown> {
    const receiver = receivers.get(this.dataSource ?? this.connection);
    return receiver ? executed(this, receiver, () => execute.call(this)) : execute.call(this);
  };
  prototype.createReturningExpression = function (this: WriteBuilder, type) {
    const items = createReturningExpression.call(this, type);
    const own = running.get(this);
    if (!own) return items;
    own.returning = items;
    return markedReturning(items);
  };
  prototype.createWhereExpression = function (this: WriteBuilder) {
    const where = createWhereExpression.call(this);
    return running.has(this) && kindOf(this) === 'update' ? markedWhere(where) : where;
  };
  prototype.getQueryAndParameters = function (this: WriteBuilder) {
    const [sql, parameters] = getQueryAndParameters.call(this);
    const own = running.get(this);
    if (own) planStatement({ ...statementOf(this, own), sql, parameters });
    return [sql, parameters];
  };
}

function executed(
  builder: WriteBuilder,
  receiver: BuilderReceiver,
  execute: () => Promise<unknown>,
): Promise<unknown> {
  try {
    const table = receiver.begin(builder);
    if (!table) return execute();
    running.set(builder, { table, returning: '' });
    return execute().finally(() => running.delete(builder));
  } catch (error) {
    return Promise.reject(error);
  }
}

function statementOf(
  builder: WriteBuilder,
  { table, returning }: Running,
): Omit<WriteStatement, 'sql' | 'parameters'> {
  const { mainAlias, valuesSet, insertFromSelect, onUpdate } = builder.expressionMap;
  const kind = kindOf(builder);
  const { tableName, tablePath, primaryColumns } = mainAlias?.hasMetadata
    ? mainAlias.metadata
    : table.metadata;
  const hasAlias = kind === 'insert' && builder.alias !== tablePath;
  return {
    kind,
    operation: operationOf(builder),
    table,
    returnsRows: returning !== '',
    returnedNames: typeof builder.expressionMap.returning === 'string' ? null : returning,
    alias: builder.escape(hasAlias ? builder.alias : tableName),
    isUpsert: onUpdate !== undefined,
    isOneRow:
      kind === 'insert' && insertFromSelect === undefined && [valuesSet].flat().length === 1,
    setsKey: primaryColumns.some((column) =>
      kind === 'update'
        ? column.getEntityValue(valuesSet ?? {}) !== undefined
        : [...(onUpdate?.overwrite ?? []), ...(onUpdate?.columns ?? [])].includes(
            column.databaseName,
          ),
    ),
  };
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  insert: 'insert',
  delete: 'remove',
  'soft-delete': 'softRemove',
  restore: 'recover',
};

export function operationOf({ expressionMap }: WriteBuilder): Operation {
  return OPERATIONS[expressionMap.queryType] ?? 'update';
}

/** Soft removes and recoveries are updates. */
function kindOf({ expressionMap }: WriteBuilder): WriteStatement['kind'] {
  const { queryType } = expressionMap;
  return queryType === 'insert' || queryType === 'delete' ? queryType : 'update';
}
