import type { DataSource, EntityMetadata, EntitySchema } from 'typeorm';

/**
 * The entities of a DataSource by identity. TypeORM finds an EntitySchema by its name, and another schema or class can have the same one:
 * the hook of that one must not send values of this one.
 */
export class Entities {
  /** `globbed` are the schemas that the globs among its `entities` name. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly globbed: readonly object[] = [],
  ) {}

  /** The entity that was made from exactly this class or schema. */
  of(target: object): EntityMetadata | undefined {
    const { entityMetadatas } = this.dataSource;
    if (!isSchema(target)) return entityMetadatas.find((metadata) => metadata.target === target);
    if (![...namedEntities(this.dataSource), ...this.globbed].includes(target)) return undefined;
    return entityMetadatas.find((metadata) => isMadeFrom(target, metadata));
  }

  /** The entities that TypeORM can mean by a text: the name of an entity, or that of its table. */
  named(text: string): readonly EntityMetadata[] {
    const { entityMetadatas } = this.dataSource;
    if (text.includes('.')) return entityMetadatas.filter(({ tablePath }) => tablePath === text);
    return entityMetadatas.filter(({ name, tableName }) => name === text || tableName === text);
  }
}

/** The EntitySchemas that the globs among the `entities` of an initialised DataSource name. TypeORM has loaded their files already. */
export async function globbedSchemas(dataSource: DataSource): Promise<readonly object[]> {
  const globs = namedEntities(dataSource).filter((one) => typeof one === 'string');
  if (globs.length === 0) return [];
  const { importClassesFromDirectories } = await import(
    'typeorm/util/DirectoryExportedClassesLoader.js'
  );
  const classes = await importClassesFromDirectories(SILENT as never, globs);
  return classes.filter(isSchema);
}

/** TypeORM logs the files that a glob names, once more than it has already. */
const SILENT = { log: () => undefined };

export function isSchema(target: unknown): target is EntitySchema<object> {
  if (typeof target !== 'object' || target === null) return false;
  return '@instanceof' in target && target['@instanceof'] === Symbol.for('EntitySchema');
}

function namedEntities({ options }: DataSource): readonly unknown[] {
  return Object.values(options.entities ?? []);
}

/** One DataSource can have schemas of one name for several tables. */
function isMadeFrom({ options }: EntitySchema<object>, metadata: EntityMetadata): boolean {
  const { target, name, tableName, schema, database } = options;
  const { tableMetadataArgs } = metadata;
  return (
    metadata.target === (target ?? name) &&
    tableMetadataArgs.name === tableName &&
    tableMetadataArgs.schema === schema &&
    tableMetadataArgs.database === database
  );
}
