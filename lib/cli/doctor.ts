import type { Command } from 'commander';
import type { Finding } from '../doctor/finding';
import { ModelHooks } from '../model-hooks';
import { type CommonOptions, printsJson, withCommonOptions } from './common-options';
import { EXIT } from './exit-codes';
import type { Invocation } from './invocation';
import { withProject } from './project';
import { table } from './table';

export function addDoctor(program: Command, invocation: Invocation): void {
  const command = program
    .command('doctor')
    .summary('look for what keeps events from being captured and sent')
    .description(
      'Looks for what keeps events from being captured and sent: missing tables, triggers, indexes and rights, writes that no ' +
        'capture sees, listeners that can never match. It changes nothing. The exit code is 1 if there is an error.',
    );
  withCommonOptions(command).action((options: CommonOptions) => doctor(options, invocation));
}

async function doctor(options: CommonOptions, invocation: Invocation): Promise<void> {
  const { terminal } = invocation;
  const { ok, findings } = await withProject(options.dataSource, (project) =>
    ModelHooks.doctor(project.dataSource, project.options, project.register),
  );
  if (printsJson(options, terminal)) terminal.print(JSON.stringify({ ok, findings }, null, 2));
  else terminal.print(`${table(HEADLINE, findings.map(rowOf), terminal.width)}\n\n${summary(ok)}`);
  if (!ok) invocation.code = EXIT.failed;
}

const HEADLINE = ['LEVEL', 'CODE', 'HOOK', 'MESSAGE'];

function rowOf({ level, code, hook, message }: Finding): readonly string[] {
  return [level, code, hook ?? '-', message];
}

function summary(ok: boolean): string {
  return ok ? 'No error was found.' : 'Something is wrong: see the errors.';
}
