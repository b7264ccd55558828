import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { ModelHooks } from '../model-hooks';
import { BODY_FORMATS, type BodyFormat } from '../options/body-format';
import { type CommonOptions, printsJson, withCommonOptions } from './common-options';
import { describedEvents, describedHooks } from './event-types/described-events';
import { asyncApiText, schemaText, typesText } from './event-types/documents';
import { EXIT } from './exit-codes';
import type { Invocation } from './invocation';
import { withProject } from './project';
import { UsageError } from './usage-error';

interface TypesCommand extends CommonOptions {
  readonly out: string;
  readonly check?: true;
  readonly format?: BodyFormat;
}

export function addTypes(program: Command, invocation: Invocation): void {
  const command = program
    .command('types')
    .summary('write the types of all events for those who receive them')
    .description(
      'Writes the types of the bodies of all events: TypeScript to FILE.ts, JSON Schema to FILE.schema.json, and AsyncAPI 3 to ' +
        'FILE.asyncapi.json beside it.',
    )
    .requiredOption('--out <FILE.ts>', 'the file of the TypeScript types')
    .option('--check', 'write nothing; the exit code is 1 if a file would change')
    .addOption(
      new Option(
        '--format <FORMAT>',
        'the layout of the bodies; the default is that of each hook',
      ).choices([...BODY_FORMATS]),
    );
  withCommonOptions(command).action((options: TypesCommand) => types(options, invocation));
}

async function types(options: TypesCommand, invocation: Invocation): Promise<void> {
  const { terminal } = invocation;
  if (!options.out.endsWith('.ts'))
    throw new UsageError('--out must be a file that ends with .ts.');
  const files = await filesOf(options);
  const changed: string[] = [];
  for (const [path, text] of files) if ((await textOf(path)) !== text) changed.push(path);
  if (!options.check) for (const path of changed) await write(path, files.get(path) ?? '');
  const isWrong = options.check === true && changed.length > 0;
  if (isWrong) invocation.code = EXIT.failed;
  if (printsJson(options, terminal)) terminal.print(JSON.stringify({ changed }));
  else terminal.print(summary(changed, isWrong));
}

function summary(changed: readonly string[], isWrong: boolean): string {
  if (changed.length === 0) return 'Nothing has changed.';
  const names = changed.join(', ');
  return isWrong ? `Out of date: ${names}. Run the command without --check.` : `Written: ${names}`;
}

/** The files by path. Their text depends on the hooks alone. */
async function filesOf({
  dataSource,
  out,
  format,
}: TypesCommand): Promise<ReadonlyMap<string, string>> {
  // To attach could install triggers, and needs all tables and keys.
  const hooks = await withProject(dataSource, async (project) => {
    const unattached = await ModelHooks.unattached(
      project.dataSource,
      project.options,
      project.register,
    );
    return unattached.list();
  });
  const events = describedEvents(hooks, format);
  const base = out.slice(0, -'.ts'.length);
  return new Map([
    [out, typesText(events, describedHooks(hooks, events))],
    [`${base}.schema.json`, schemaText(events)],
    [`${base}.asyncapi.json`, asyncApiText(events)],
  ]);
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Null if there is no such file. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
