import type { Command } from 'commander';
import type { Worker } from '../attach/worker';
import { ModelHooks } from '../model-hooks';
import { type CommonOptions, printsJson, withCommonOptions } from './common-options';
import type { Invocation } from './invocation';
import { numberOf } from './number-option';
import { type Project, withProject } from './project';
import { StopSignals } from './stop-signals';
import type { WorkHttp } from './work-http';
import { WorkProgress } from './work-progress';

interface WorkCommand extends CommonOptions {
  readonly concurrency?: number;
  readonly deadline?: number;
  readonly http?: number;
  readonly host: string;
}

export function addWork(program: Command, invocation: Invocation): void {
  const command = program
    .command('work')
    .summary('send what processes with `work: false` have captured')
    .description(
      'Plans, sends and sweeps until SIGTERM or SIGINT. Then it finishes the requests in flight within the deadline, gives the rest ' +
        'back, and ends with the exit code 0. A second signal ends it at once. Any number of workers share the work.',
    )
    .option('--concurrency <N>', 'the most requests in flight at once', numberOf(1))
    .option(
      '--deadline <MS>',
      'how long requests in flight may take to end after a signal, in milliseconds (default: delivery.timeoutMs)',
      numberOf(0),
    )
    .option('--http <PORT>', 'serve /healthz and /metrics on this port', numberOf(0, 65_535))
    .option('--host <HOST>', 'the address that --http listens on', '127.0.0.1')
    .addHelpText('after', HELP);
  withCommonOptions(command).action((options: WorkCommand) => work(options, invocation));
}

const HELP = `
Example:
  model-hooks work -d src/data-source.ts --concurrency 64 --http 9464

The file may also export onStart(hooks) and onStop(hooks), which are called before the work begins and after it has ended.`;

async function work(options: WorkCommand, invocation: Invocation): Promise<void> {
  const signals = new StopSignals(invocation);
  try {
    await withProject(
      options.dataSource,
      (project) => workUntil(signals.first, project, { options, invocation }),
      { isApplication: true },
    );
  } finally {
    signals.end();
  }
}

interface Given {
  readonly options: WorkCommand;
  readonly invocation: Invocation;
}

async function workUntil(
  stopped: Promise<void>,
  { dataSource, options: attach, register, onStart, onStop }: Project,
  { options, invocation: { terminal } }: Given,
): Promise<void> {
  const { concurrency, deadline: deadlineMs } = options;
  const hooks = await ModelHooks.attach(dataSource, { ...attach, work: false });
  await register(hooks);
  const progress = new WorkProgress(hooks, { terminal, isJson: printsJson(options, terminal) });
  const worker = await hooks.work({
    ...(concurrency !== undefined && { concurrency }),
    onStart: () => onStart(hooks),
    onStop: () => onStop(hooks),
  });
  const http = await served(options, { hooks, worker, progress }).catch(async (error: unknown) => {
    await worker.stop();
    throw error;
  });
  progress.begin(worker, http?.url ?? null);
  await stopped;
  await worker.stop(deadlineMs === undefined ? {} : { deadlineMs });
  await http?.close();
  await progress.end();
}

interface Served {
  readonly hooks: ModelHooks;
  readonly worker: Worker;
  readonly progress: WorkProgress;
}

/** Its dependency is loaded only where it is needed. */
async function served(
  { http: port, host }: WorkCommand,
  { hooks, worker, progress }: Served,
): Promise<WorkHttp | null> {
  if (port === undefined) return null;
  const { WorkHttp } = await import('./work-http.js');
  return WorkHttp.listen({ hooks, worker, progress }, { port, host });
}
