import { CreateModelHookTables1764000000000 } from './1764000000000-create-model-hook-tables';
import { AddMatchingKeys1764600000000 } from './1764600000000-add-matching-keys';
import { AddTrust1765200000000 } from './1765200000000-add-trust';

/**
 * The migrations that create our tables; add them to the `migrations` of the DataSource.
 *
 * @example
 * new DataSource({ type: 'postgres', entities: [Person, ...modelHookEntities], migrations: [...modelHookMigrations] });
 */
export const modelHookMigrations = [
  CreateModelHookTables1764000000000,
  AddMatchingKeys1764600000000,
  AddTrust1765200000000,
];

export { AddMatchingKeys1764600000000, AddTrust1765200000000, CreateModelHookTables1764000000000 };
