import { CreateModelHookTables1764000000000 } from './1764000000000-create-model-hook-tables';
import { AddMatchingKeys1764600000000 } from './1764600000000-add-matching-keys';

/** Spread them into the `migrations` of the DataSource: `[...modelHookMigrations, …]`. */
export const modelHookMigrations = [
  CreateModelHookTables1764000000000,
  AddMatchingKeys1764600000000,
];

export { AddMatchingKeys1764600000000, CreateModelHookTables1764000000000 };
