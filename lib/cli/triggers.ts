import type { Command } from 'commander';
import type { TriggerStatus, Triggers } from '../capture/triggers/triggers';
import { ModelHooks } from '../model-hooks';
import { type CommonOptions, printsJson, withCommonOptions } from './common-options';
import { EXIT } from './exit-codes';
import type { Invocation } from './invocation';
import { MIGRATION_NAME, writeMigration } from './migration-file';
import { withProject } from './project';
import { table } from './table';
import { UsageError } from './usage-error';

interface TriggersCommand extends CommonOptions {
  readonly print?: true;
  readonly check?: true;
  readonly install?: true;
  readonly remove?: true;
  readonly migration?: string;
  readonly dir: string;
}

const TASKS = ['print', 'check', 'install', 'remove', 'migration'] as const;

export function addTriggers(program: Command, invocation: Invocation): void {
  const command = program
    .command('triggers')
    .summary('print, check, install or remove the triggers of hooks')
    .description("The triggers of hooks with `capture: 'triggers'`. Give exactly one of the tasks.")
    .option('--print', 'print the SQL that installs them')
    .option('--check', 'print the state of each; the exit code is 1 if one is not current')
    .option('--install', 'install what is missing or outdated, and remove what no hook needs')
    .option('--remove', 'remove all of them')
    .option('--migration <NAME>', 'write a TypeORM migration with the SQL, and print its path')
    .option('--dir <DIR>', 'the folder of the migration', 'migrations');
  withCommonOptions(command).action((options: TriggersCommand) => triggers(options, invocation));
}

async function triggers(options: TriggersCommand, invocation: Invocation): Promise<void> {
  const task = taskOf(options);
  await withProject(options.dataSource, async (project) => {
    const { dataSource } = project;
    await perform[task](ModelHooks.triggers(dataSource, project.options), options, invocation);
  });
}

type Task = (typeof TASKS)[number];

function taskOf(options: TriggersCommand): Task {
  const [task, ...others] = TASKS.filter((name) => options[name] !== undefined);
  if (task === undefined || others.length > 0) {
    const names = TASKS.map((name) => `--${name}`).join(', ');
    throw new UsageError(`Give exactly one of ${names}.`);
  }
  if (options.migration !== undefined && !MIGRATION_NAME.test(options.migration))
    throw new UsageError(
      'The NAME of a migration begins with a letter, and has letters, digits, - and _ only.',
    );
  return task;
}

type Perform = (
  triggers: Triggers,
  options: TriggersCommand,
  invocation: Invocation,
) => Promise<void>;

const perform: Readonly<Record<Task, Perform>> = {
  async print(triggers, { json }, { terminal }) {
    const sql = await sqlOf(triggers);
    terminal.print(
      json ? JSON.stringify(sql, null, 2) : sql.up.map((statement) => `${statement};`).join('\n\n'),
    );
  },
  async check(triggers, options, invocation) {
    const states = await triggers.check();
    printStates(states, options, invocation);
    if (states.some(({ state }) => state !== 'current')) invocation.code = EXIT.failed;
  },
  async install(triggers, options, invocation) {
    await triggers.install();
    await perform.check(triggers, options, invocation);
  },
  async remove(triggers, options, invocation) {
    await triggers.remove();
    printStates(await triggers.check(), options, invocation);
  },
  async migration(triggers, { migration = '', dir, json }, { terminal }) {
    const path = await writeMigration(await sqlOf(triggers), { name: migration, dir });
    terminal.print(json ? JSON.stringify({ path }) : path);
  },
};

/** The statements for this database: checking finds out in which schema our tables are. */
async function sqlOf(triggers: Triggers): Promise<ReturnType<Triggers['sql']>> {
  await triggers.check();
  const sql = triggers.sql();
  if (sql.up.length === 0)
    throw new Error(
      "No hook is captured by triggers. Give hooks, or `modelHooks`, the option `capture: 'triggers'`.",
    );
  return sql;
}

function printStates(
  states: readonly TriggerStatus[],
  options: CommonOptions,
  { terminal }: Invocation,
): void {
  terminal.print(
    printsJson(options, terminal)
      ? JSON.stringify(states, null, 2)
      : statesTable(states, terminal.width),
  );
}

function statesTable(states: readonly TriggerStatus[], width: number): string {
  if (states.length === 0) return 'No hook is captured by triggers.';
  const rows = states.map(({ hook, table, state }) => [hook, table, state]);
  return table(['HOOK', 'TABLE', 'STATE'], rows, width);
}
