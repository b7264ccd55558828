import { CreateModelHookTables1764000000000 } from './1764000000000-create-model-hook-tables';

/** Spread them into the `migrations` of the DataSource: `[...modelHookMigrations, …]`. */
export const modelHookMigrations = [CreateModelHookTables1764000000000];

export { CreateModelHookTables1764000000000 };
