import type { DataSource, QueryRunner } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import type { Tables } from '../../store/tables';
import { tableSql } from '../entity/table-sql';
import { type TriggerDefinition, triggerDefinition } from './definition';
import {
  type InstalledTriggers,
  installedTriggers,
  type LeftTrigger,
  leftTriggers,
} from './installed';
import { junctionsOf } from './links';
import type { DefinitionOptions } from './options';
import { triggerTables } from './trigger-table';

/** The triggers of one hook in the database. */
export interface TriggerStatus {
  readonly hook: string;
  readonly table: string;
  /** `'outdated'`: they are not those of this release and these options, or one is missing. */
  readonly state: 'current' | 'missing' | 'outdated';
}

/** Statements that install the triggers of all hooks that triggers capture, and statements that remove them. */
export interface TriggerSql {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** What the definitions are made from. */
export interface TriggerSurroundings {
  readonly dataSource: DataSource;
  readonly catalog: HookCatalog;
  readonly options: DefinitionOptions;
  /** Where our tables are. */
  readonly tables: () => Tables;
  /** Completes the catalogue and finds our tables, if that needs the database. */
  readonly prepare?: () => Promise<void>;
}

/** The triggers that write the events of hooks with `capture: 'triggers'`. */
export class Triggers {
  constructor(private readonly surroundings: TriggerSurroundings) {}

  /** The statements for a migration. Both lists are empty if no hook is captured by triggers. */
  sql(): TriggerSql {
    const definitions = this.#definitions();
    return {
      up: definitions.flatMap(({ up }) => up),
      down: definitions.flatMap(({ down }) => down),
    };
  }

  /**
   * Installs triggers that are missing or outdated, and removes those that no hook needs any more, in one transaction. A table that does
   * not exist is left out.
   */
  async install(): Promise<void> {
    await this.surroundings.prepare?.();
    await this.#locked(async (runner) => {
      const { pairs, left } = await this.#read(runner);
      for (const { down } of left) await runner.query(down);
      for (const { definition, installed } of pairs)
        if (installed.hasTable && stateOf(definition, installed) !== 'current')
          await runAll(runner, definition.up);
    });
  }

  /** The state of the triggers of each hook. Triggers of a hook that they do not capture any more are outdated. */
  async check(): Promise<readonly TriggerStatus[]> {
    await this.surroundings.prepare?.();
    const runner = this.surroundings.dataSource.createQueryRunner();
    const { pairs, left } = await this.#read(runner).finally(() => runner.release());
    const isLeft = new Set(left.map(({ hook }) => hook));
    const known = pairs.map(({ definition, installed }): TriggerStatus => {
      const { hook, table } = definition;
      return { hook, table, state: isLeft.has(hook) ? 'outdated' : stateOf(definition, installed) };
    });
    const hooks = new Set(known.map(({ hook }) => hook));
    const others = new Map(left.map(({ hook, table }) => [hook, table]));
    return [
      ...known,
      ...[...others].flatMap(([hook, table]): TriggerStatus[] =>
        hooks.has(hook) ? [] : [{ hook, table, state: 'outdated' }],
      ),
    ];
  }

  /** Removes the triggers of all hooks, also of those that they do not capture any more. */
  async remove(): Promise<void> {
    await this.surroundings.prepare?.();
    await this.#locked(async (runner) => {
      const { pairs, left } = await this.#read(runner);
      for (const { down } of left) await runner.query(down);
      for (const { definition } of pairs) await runAll(runner, definition.down);
    });
  }

  #definitions(): readonly TriggerDefinition[] {
    const { dataSource, catalog, options, tables } = this.surroundings;
    return triggerTables(dataSource, catalog, options).map((table) =>
      triggerDefinition({ dataSource, tables: tables(), table }),
    );
  }

  async #read(runner: Pick<QueryRunner, 'query'>): Promise<Found> {
    const { dataSource, catalog } = this.surroundings;
    const definitions = this.#definitions();
    const places = new Map(
      catalog.list().map(({ name, metadata }) => {
        const read = metadata ? [metadata, ...junctionsOf(metadata)] : [];
        return [name, read.map((one) => tableSql(dataSource, one))] as const;
      }),
    );
    const installed = await installedTriggers(runner, definitions);
    return {
      pairs: definitions.map((definition, n) => ({
        definition,
        installed: installed[n] ?? NOT_INSTALLED,
      })),
      left: await leftTriggers(runner, places, definitions),
    };
  }

  /** Several processes may start at once, and two cannot replace one function at a time. */
  #locked(work: (runner: QueryRunner) => Promise<void>): Promise<void> {
    return this.surroundings.dataSource.transaction(async ({ queryRunner }) => {
      if (!queryRunner) throw new Error('A transaction of TypeORM has a query runner.');
      await queryRunner.query(LOCK_SQL);
      await work(queryRunner);
    });
  }
}

interface Found {
  readonly pairs: readonly {
    readonly definition: TriggerDefinition;
    readonly installed: InstalledTriggers;
  }[];
  readonly left: readonly LeftTrigger[];
}

const NOT_INSTALLED: InstalledTriggers = { hasTable: false, versions: [], found: 0, wanted: 0 };

const LOCK_SQL = `SELECT pg_advisory_xact_lock(hashtext('typeorm-model-hooks triggers'))`;

function stateOf(
  { version }: TriggerDefinition,
  { versions, found, wanted, hasTable }: InstalledTriggers,
): TriggerStatus['state'] {
  if (!hasTable || (found === 0 && versions.every((one) => one === null))) return 'missing';
  return found === wanted && versions.every((one) => one === version) ? 'current' : 'outdated';
}

async function runAll(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await runner.query(statement);
}
