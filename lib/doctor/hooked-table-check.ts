import type { EntityMetadata } from 'typeorm';
import { type HookedEntity, hookedEntities, relatedTables } from '../capture/entity/hooked-entity';
import { columnsRead } from '../capture/entity/related-sql';
import { type TableState, tableStates } from '../capture/entity/table-state';
import { isByTriggers } from '../capture/triggers/options';
import type { Field } from '../hook/field';
import type { Check } from './check';
import { type Finding, finding } from './finding';

/** The tables of hooked classes: whether they are what the classes say, and whether subscribers can read what they need. */
export const hookedTables: Check = {
  name: 'the tables of the hooks',
  async find({ dataSource, catalog, options }) {
    const entities = hookedEntities(dataSource, catalog);
    const classes = [...new Set([...entities.keys(), ...relatedTables(entities)])];
    const states = await tableStates(dataSource, classes, options.statementTimeoutMs);
    const found = [...entities.values()].flat().flatMap((one) => {
      const state = states.get(one.metadata);
      if (!state) return [missingTable(one)];
      const columns = [...missingColumns(one, state), ...missingRelated(one, states)];
      return isByTriggers(one.hook, options)
        ? columns
        : [...columns, ...unreadable(one, states), ...hindrances(one, state)];
    });
    return distinct(found);
  },
};

function missingTable({ hook, metadata }: HookedEntity): Finding {
  return finding(
    hook.name,
    'HOOK_TABLE_MISSING',
    `The table ${metadata.tablePath} does not exist, or the role may not use its schema.`,
  );
}

function missingColumns({ hook, metadata }: HookedEntity, { columns }: TableState): Finding[] {
  const missing = metadata.columns
    .filter((one) => !one.isVirtualProperty && !columns.has(one.databaseName))
    .map(({ databaseName }) => databaseName);
  if (missing.length === 0) return [];
  const message = `${metadata.name} has the columns ${missing.join(', ')}, which ${metadata.tablePath} lacks.`;
  return [
    finding(hook.name, 'HOOK_COLUMN_MISSING', `${message} Run the migration that adds them.`),
  ];
}

/** Columns of related tables that the hook reads. */
function missingRelated(
  { hook, metadata, columns }: HookedEntity,
  states: ReadonlyMap<EntityMetadata, TableState>,
): Finding[] {
  const read = columns.flatMap(({ related }) => (related ? columnsRead(related) : []));
  const missing = read.filter(
    ({ entityMetadata, databaseName }) =>
      entityMetadata !== metadata && !states.get(entityMetadata)?.columns.has(databaseName),
  );
  const names = missing.map((one) => `${one.entityMetadata.tablePath}.${one.databaseName}`);
  return named([...new Set(names)], (list) =>
    finding(
      hook.name,
      'HOOK_COLUMN_MISSING',
      `The hook reads ${list} of related tables, which lack them. Run the migration that adds them.`,
    ),
  );
}

function unreadable(
  { hook, metadata, provided }: HookedEntity,
  states: ReadonlyMap<EntityMetadata, TableState>,
): Finding[] {
  const paths = provided.filter((field) => !isReadable(field, states)).map(({ path }) => path);
  if (paths.length === 0) return [];
  const message = `The role may not read ${paths.join(', ')} of ${metadata.name}, so events leave them out.`;
  return [
    finding(
      hook.name,
      'HOOK_COLUMN_UNREADABLE',
      `${message} GRANT SELECT, or capture by triggers.`,
    ),
  ];
}

/** Whether no column of the field exists without the right to read it. */
function isReadable(
  { column, related }: Field,
  states: ReadonlyMap<EntityMetadata, TableState>,
): boolean {
  const columns = related ? columnsRead(related) : column ? [column] : [];
  return columns.every(
    ({ entityMetadata, databaseName }) =>
      states.get(entityMetadata)?.columns.get(databaseName) !== false,
  );
}

function hindrances(
  { hook: { name }, metadata: { tablePath } }: HookedEntity,
  { isSecured, rules, cascades }: TableState,
): Finding[] {
  const advice = 'Capture by triggers sees such writes.';
  return [
    ...(isSecured
      ? [
          finding(
            name,
            'ROW_SECURITY',
            `Row security is active on ${tablePath} for this role: a write whose rows it may not read makes no event. ${advice}`,
          ),
        ]
      : []),
    ...named(rules, (names) =>
      finding(
        name,
        'RULES',
        `${tablePath} has the rules ${names}: a write that they replace makes no event. ${advice}`,
      ),
    ),
    ...named(cascades, (names) =>
      finding(
        name,
        'CASCADES_UNSEEN',
        `What the database does to rows of ${tablePath} by the foreign keys ${names} makes no event. ${advice}`,
      ),
    ),
  ];
}

function named(names: readonly string[], of: (names: string) => Finding): Finding[] {
  return names.length === 0 ? [] : [of(names.join(', '))];
}

/** Classes of one table have the same facts. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((one) => [JSON.stringify(one), one])).values()];
}
