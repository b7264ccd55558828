/** Our tables, by the word that each holds rows of. */
export const TABLE_NAMES = [
  'listener',
  'filter',
  'event',
  'chunk',
  'delivery',
  'attempt',
  'process',
  // The match keys of listeners.
  'key',
  // The key shapes: what each kind of match key is about.
  'plan',
  'turn',
  'head',
  'pace',
  'origin',
  'schedule',
  'task',
] as const;

export type TableName = (typeof TABLE_NAMES)[number];

/** `model_hook_listener`, behind the DataSource's `entityPrefix`. */
export function tableName(name: TableName, entityPrefix = ''): string {
  return `${entityPrefix}model_hook_${name}`;
}
