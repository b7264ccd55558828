import type { DataSource, EntityMetadata } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import { columnFields, type Field } from '../../hook/field';
import { type Hook, pathsOfExtras, providedFields } from '../../hook/hook';
import { eventExtrasSql } from './extras-sql';
import { columnsRead } from './related-sql';

/** One concrete entity class and one of its hooks: what is needed to make events of the class's changes for that hook. */
export interface HookedEntity {
  readonly hook: Hook;
  readonly metadata: EntityMetadata;
  /** The provided fields that this class has. */
  readonly provided: readonly Field[];
  /**
   * The fields to read. Of the entity's columns, all if a function gets the row, else the provided ones and those of `when`, `ref` and
   * `sender`. Of related entities, the provided ones and those of `when`.
   */
  readonly columns: readonly Field[];
  /** Whether the row is read before the event is written, because a function or a condition of the hook needs it. */
  readonly needsRow: boolean;
}

export type HookedEntities = ReadonlyMap<EntityMetadata, readonly HookedEntity[]>;

/** The hooked classes of a DataSource, each with all of its hooks. Classes without a hook are left out. */
export function hookedEntities(dataSource: DataSource, catalog: HookCatalog): HookedEntities {
  const entities = new Map<EntityMetadata, readonly HookedEntity[]>();
  for (const metadata of dataSource.entityMetadatas) {
    const hooks = catalog.hooksOf(metadata);
    if (hooks.length === 0) continue;
    entities.set(
      metadata,
      hooks.map((hook) => hookedEntity(dataSource, metadata, hook)),
    );
  }
  return entities;
}

function hookedEntity(dataSource: DataSource, metadata: EntityMetadata, hook: Hook): HookedEntity {
  const { declared, name, when } = hook;
  const provided = [...providedFields(dataSource, metadata, declared, name).values()];
  const related = relatedFields([...provided, ...when.map(({ field }) => field)]);
  const all = [...columnFields(dataSource, metadata).values()];
  const asked = [...provided, ...when.map(({ field }) => field)].map(({ path }) => path);
  const needed = new Set([...asked, ...pathsOfExtras(hook)]);
  const own = getsWholeRow(hook) ? all : all.filter(({ path }) => needed.has(path));
  const columns = [...own, ...related];
  return {
    hook,
    metadata,
    provided,
    columns,
    // The application may set a parser at any time.
    get needsRow() {
      if (when.length > 0 || declared.compute || declared.resolve) return true;
      return eventExtrasSql(dataSource, { hook, columns }, '') === null;
    },
  };
}

/** Each field once. */
function relatedFields(fields: readonly Field[]): readonly Field[] {
  const related = fields.filter((field) => field.related !== null);
  return [...new Map(related.map((field) => [field.path, field])).values()];
}

/** Whether a function of the hook gets the row. It may read any column. */
function getsWholeRow({ declared }: Hook): boolean {
  const { compute, ref, sender, headers } = declared;
  return (
    compute !== undefined || [ref, sender, headers].some((option) => typeof option === 'function')
  );
}

/** The entities and junctions whose tables are read for fields of related entities. */
export function relatedTables(entities: HookedEntities): readonly EntityMetadata[] {
  const fields = [...entities.values()].flat().flatMap(({ columns }) => columns);
  const read = fields.flatMap(({ related }) => (related ? columnsRead(related) : []));
  return [...new Set(read.map(({ entityMetadata }) => entityMetadata))];
}

/** The fields to read for several hooks of one class, each once. */
export function allColumns(entities: Iterable<Pick<HookedEntity, 'columns'>>): readonly Field[] {
  const columns = [...entities].flatMap((entity) => entity.columns);
  return [...new Map(columns.map((field) => [field.path, field])).values()];
}
