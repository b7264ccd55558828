import type { EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { RelationMetadata } from 'typeorm/metadata/RelationMetadata';

/** What TypeORM reports about one write, before or after it. */
export interface WriteReport {
  readonly queryRunner: QueryRunner;
  readonly metadata: EntityMetadata;
  readonly entity: ObjectLiteral | undefined;
  /** The row as TypeORM loaded it before the write. */
  readonly databaseEntity: ObjectLiteral | undefined;
  /** The primary key by property. TypeORM does not report that of an update. */
  readonly identifier: ObjectLiteral | undefined;
  readonly updatedColumns: readonly ColumnMetadata[];
  readonly updatedRelations: readonly RelationMetadata[];
}

type Done = Promise<void> | undefined;

/** Receives what TypeORM reports. Each method is called synchronously; TypeORM waits for the promise. */
export interface WriteReceiver {
  beforeInsert(report: WriteReport): Done;
  beforeUpdate(report: WriteReport): Done;
  beforeRemove(report: WriteReport): Done;
  beforeSoftRemove(report: WriteReport): Done;
  beforeRecover(report: WriteReport): Done;
  afterInsert(report: WriteReport): Done;
  afterUpdate(report: WriteReport): Done;
  afterRemove(report: WriteReport): Done;
  afterSoftRemove(report: WriteReport): Done;
  afterRecover(report: WriteReport): Done;
  beforeTransactionCommit(runner: QueryRunner): Done;
  beforeTransactionRollback(runner: QueryRunner): Done;
  afterTransactionCommit(runner: QueryRunner): Done;
  afterTransactionRollback(runner: QueryRunner): Done;
}

/** From the arguments of TypeORM's `broadcast…InsertEvent`. */
export function insertReport(queryRunner: QueryRunner, args: readonly unknown[]): WriteReport {
  const [metadata, entity, identifier] = args as [EntityMetadata, Row, Row];
  return { ...UNKNOWN, queryRunner, metadata, entity, identifier };
}

/** From the arguments of TypeORM's `broadcast…UpdateEvent`. */
export function updateReport(queryRunner: QueryRunner, args: readonly unknown[]): WriteReport {
  const [metadata, entity, databaseEntity, updatedColumns = [], updatedRelations = []] = args as [
    EntityMetadata,
    Row,
    Row,
    ColumnMetadata[]?,
    RelationMetadata[]?,
  ];
  const updated = { updatedColumns, updatedRelations };
  return { ...UNKNOWN, queryRunner, metadata, entity, databaseEntity, ...updated };
}

/** From the arguments of TypeORM's broadcasts of removes, soft removes and recoveries. */
export function removeReport(queryRunner: QueryRunner, args: readonly unknown[]): WriteReport {
  const [metadata, entity, databaseEntity, identifier] = args as [EntityMetadata, Row, Row, Row];
  return { ...UNKNOWN, queryRunner, metadata, entity, databaseEntity, identifier };
}

type Row = ObjectLiteral | undefined;

const UNKNOWN = {
  databaseEntity: undefined,
  identifier: undefined,
  updatedColumns: [],
  updatedRelations: [],
} as const;
