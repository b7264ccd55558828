import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { columnFields, type Field } from '../../hook/field';
import type { BeforeWrite } from '../before-write';
import { allColumns, type HookedEntities, type HookedEntity } from '../entity/hooked-entity';
import { type RowKey, rowKey } from '../entity/row-key';
import { canReadRows, type TableCatalog } from '../entity/table-facts';
import { isSilenced } from '../silence';
import type { KnownRows } from './entity-changes';
import { isInsertByBuilder } from './insert-builders';
import { loadsMark } from './old-row-needs';
import type { WriteReceiver, WriteReport } from './write-report';

/** Receives what TypeORM is about to write: checks it, and reads the old rows that are needed. */
export class BeforeSubscriber implements Partial<WriteReceiver> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly entities: HookedEntities,
    private readonly checks: readonly BeforeWrite[],
    private readonly rows: KnownRows & { readonly catalog: TableCatalog },
  ) {}

  beforeInsert({ metadata, queryRunner, entity }: WriteReport): undefined {
    if (!this.#isHooked(metadata) || isInsertByBuilder(entity)) return;
    this.#check(queryRunner, metadata);
    this.rows.inserted.announce(queryRunner, metadata);
  }

  beforeUpdate(report: WriteReport): Promise<void> | undefined {
    if (!this.#isHooked(report.metadata)) return undefined;
    const key = rowKey(this.dataSource, report.metadata, report.databaseEntity);
    return key ? this.#read(report, key, (hooked) => this.rows.needs.ofUpdate(hooked)) : undefined;
  }

  beforeRemove(report: WriteReport): Promise<void> | undefined {
    if (!this.#isHooked(report.metadata)) return undefined;
    const key = rowKey(this.dataSource, report.metadata, report.identifier);
    return key ? this.#read(report, key, () => true) : undefined;
  }

  beforeSoftRemove(report: WriteReport): Promise<void> | undefined {
    return this.#beforeMark(report);
  }

  beforeRecover(report: WriteReport): Promise<void> | undefined {
    return this.#beforeMark(report);
  }

  #beforeMark(report: WriteReport): Promise<void> | undefined {
    if (!this.#isHooked(report.metadata)) return undefined;
    const key = rowKey(this.dataSource, report.metadata, report.identifier);
    const needs = (hooked: HookedEntity) => this.rows.needs.ofMark(hooked, report);
    return key ? this.#read(report, key, needs) : undefined;
  }

  #isHooked(metadata: EntityMetadata): boolean {
    return this.entities.has(metadata) && !isSilenced();
  }

  #read(
    report: WriteReport,
    key: RowKey,
    needsOldRow: (hooked: HookedEntity) => boolean,
  ): Promise<void> | undefined {
    const { queryRunner, metadata } = report;
    this.#check(queryRunner, metadata);
    const loading = this.rows.catalog.load(queryRunner, metadata);
    if (loading) return loading.then(() => this.#readNeeded(report, key, needsOldRow));
    return this.#readNeeded(report, key, needsOldRow);
  }

  /** Reads the old row for those of its hooks that need it. */
  #readNeeded(
    report: WriteReport,
    key: RowKey,
    needsOldRow: (hooked: HookedEntity) => boolean,
  ): Promise<void> | undefined {
    const { queryRunner, metadata } = report;
    const hooked = this.entities.get(metadata)?.filter(needsOldRow) ?? [];
    const canRead = canReadRows(metadata, this.rows.catalog.get(metadata));
    if (hooked.length === 0 || !canRead) return undefined;
    const mark = loadsMark(report) ? [] : markFields(this.dataSource, metadata);
    const columns = [...allColumns(hooked), ...mark];
    return this.rows.old.read(queryRunner, { metadata, key, columns });
  }

  #check(runner: QueryRunner, metadata: EntityMetadata): void {
    for (const before of this.checks) before.check({ runner, metadata });
  }
}

function markFields(dataSource: DataSource, metadata: EntityMetadata): readonly Field[] {
  const path = metadata.deleteDateColumn?.propertyPath;
  const field = path && columnFields(dataSource, metadata).get(path);
  return field ? [field] : [];
}
