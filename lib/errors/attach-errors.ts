import { ModelHookError } from './model-hook-error';

/** The tables do not exist: the migrations were not run. */
export class TablesMissingError extends ModelHookError {
  readonly code = 'TABLES_MISSING';
  constructor(
    readonly missing: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `These tables do not exist: ${missing.join(', ')}. Add \`...modelHookMigrations\` to the DataSource's ` +
        '`migrations`, then run: npx typeorm migration:run -d <your data source file>. ' +
        '(`synchronize(true)` and `dropDatabase()` drop them; call `runMigrations()` after those.)',
      options,
    );
  }
}

/** Triggers that capture the changes of a hook are missing, or are those of another release or of other options. */
export class TriggersOutdatedError extends ModelHookError {
  readonly code = 'TRIGGERS_OUTDATED';
  constructor(
    readonly triggers: readonly {
      readonly hook: string;
      readonly table: string;
      readonly state: 'missing' | 'outdated';
    }[],
  ) {
    const found = triggers.map(({ hook, table, state }) => `"${hook}" on ${table} (${state})`);
    super(
      `The triggers of these hooks are not those of this release: ${found.join(', ')}. Run: npx model-hooks triggers --install ` +
        '-d <your data source file>, or write a migration: npx model-hooks triggers --migration <name> -d <your data source file>. ' +
        'In development and tests, attach with `installTriggers: true`.',
    );
  }
}

/** No hooks are attached to the DataSource. */
export class NotAttachedError extends ModelHookError {
  readonly code = 'NOT_ATTACHED';
  constructor() {
    super(
      'No hooks are attached to this DataSource: await ModelHooks.attach(dataSource) before, as the application does.',
    );
  }
}

/** The DataSource was not initialised yet, or was destroyed. */
export class NotInitialisedError extends ModelHookError {
  readonly code = 'DATASOURCE_NOT_INITIALISED';
  constructor() {
    super(
      'The DataSource is not initialised, or was destroyed: await dataSource.initialize() first.',
    );
  }
}

/** The version of TypeORM, the database driver, or the encoding of the database is not supported. */
export class UnsupportedError extends ModelHookError {
  readonly code = 'TYPEORM_UNSUPPORTED';
}

/** `idle()` reached its time limit while work was left. */
export class IdleTimeoutError extends ModelHookError {
  readonly code = 'IDLE_TIMEOUT';
  constructor(
    readonly timeoutMs: number,
    readonly left: string,
  ) {
    super(`Not idle after ${timeoutMs} ms; left: ${left}.`);
  }
}

/** The database did not answer a statement of the package in time. Raise `statementTimeoutMs` if it cannot be faster. */
export class StatementTimeoutError extends ModelHookError {
  readonly code = 'STATEMENT_TIMEOUT';
  constructor(readonly timeoutMs: number) {
    super(
      `The database did not answer a statement of typeorm-model-hooks within ${timeoutMs} ms (\`statementTimeoutMs\`).`,
    );
  }
}
