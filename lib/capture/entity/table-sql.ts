import type { DataSource, EntityMetadata } from 'typeorm';

/** The quoted name of the table or view of a class, with its schema. */
export function tableSql(dataSource: DataSource, metadata: EntityMetadata): string {
  return metadata.tablePath
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
}
