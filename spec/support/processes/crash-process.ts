import { type EntitySubscriberInterface, EventSubscriber } from 'typeorm';
import {
  type AttachOptions,
  BackgroundResponse,
  type HandlerFunction,
  type ModelHooks,
} from '../../../lib';
import { bullmq } from '../../../lib/bullmq';
import { type Application, startApplication } from '../application/application';
import { Person, person } from '../entities/person';
import { setClockAhead } from './set-clock';

/** The options of a process of crash.spec.ts, given as JSON in its first argument. */
export interface CrashOptions {
  readonly url: string;
  readonly attach: AttachOptions;
  /** When the process kills itself: as soon as a transaction is committed, or as soon as its events are planned. */
  readonly diesAt?: 'commit' | 'plan';
  /** What the handler `work` does here. @defaultValue it is not registered */
  readonly handler?: HandlerMode;
  /** Chunks are handed to this queue of BullMQ, in a Redis on this machine. */
  readonly bullmq?: { readonly port: number; readonly queue: string };
  /** How far the clock of the machine is ahead, in milliseconds. */
  readonly clockAheadMs?: number;
}

/** Each mode writes a row into the table `handled`, and then hangs, ends, or dies when its transaction is committed. */
export type HandlerMode =
  | 'hangs'
  | 'hangsInTransaction'
  | 'diesAfterTransaction'
  | 'reschedules'
  | 'ends';

export type CrashCommand =
  | { readonly kind: 'save'; readonly names: readonly string[] }
  /** Saves in a transaction that rolls back. */
  | { readonly kind: 'rollBack'; readonly names: readonly string[] }
  /** Saves in a buffer that never ends. */
  | { readonly kind: 'saveBuffered'; readonly names: readonly string[] }
  /** Saves in a transaction that stays open. */
  | { readonly kind: 'leaveOpen'; readonly names: readonly string[] }
  | { readonly kind: 'idle' };

/** The answer to each command. It is also sent once at the start. */
export interface CrashAnswer {
  /** Number of requests of this process that were answered. */
  readonly attempts: number;
}

@EventSubscriber()
class DiesAfterCommit implements EntitySubscriberInterface {
  afterTransactionCommit(): void {
    die();
  }
}

async function main({
  url,
  attach,
  diesAt,
  handler,
  bullmq: queue,
  clockAheadMs = 0,
}: CrashOptions): Promise<void> {
  if (clockAheadMs !== 0) setClockAhead(clockAheadMs);
  const application = await startApplication({
    entities: [Person],
    url,
    attach: { ...attach, ...dispatching(diesAt, queue) },
    dataSource: diesAt === 'commit' ? { subscribers: [DiesAfterCommit] } : {},
  });
  if (handler) application.hooks.handler('work', handling(application, handler));
  let attempts = 0;
  application.hooks.on('attempt', () => {
    attempts += 1;
  });
  const answer = () => process.send?.({ attempts } satisfies CrashAnswer);
  process.on('message', (command: CrashCommand) => {
    run(application, command).then(answer, (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  // Ends with the spec that started it.
  process.once('disconnect', () => process.exit());
  answer();
}

function dispatching(
  diesAt: CrashOptions['diesAt'],
  queue: CrashOptions['bullmq'],
): Pick<AttachOptions, 'dispatcher'> {
  if (diesAt === 'plan') return { dispatcher: { dispatch: die } };
  if (!queue) return {};
  const connection = { host: '127.0.0.1', port: queue.port };
  return { dispatcher: bullmq({ connection, queue: queue.queue, concurrency: 4 }) };
}

function handling({ dataSource }: Application, mode: HandlerMode): HandlerFunction {
  const note = (manager = dataSource.manager) =>
    manager.query('INSERT INTO handled (mode) VALUES ($1)', [mode]);
  return async (_event, { transaction }) => {
    switch (mode) {
      case 'hangs':
        await note();
        return new Promise(() => undefined);
      case 'hangsInTransaction':
        return transaction(async (manager) => {
          await note(manager);
          return new Promise<BackgroundResponse>(() => undefined);
        });
      case 'diesAfterTransaction':
        await transaction(async (manager) => {
          await note(manager);
          return BackgroundResponse.done();
        });
        die();
        return BackgroundResponse.done();
      case 'reschedules':
        await note();
        return BackgroundResponse.reschedule();
      case 'ends':
        await note();
        return BackgroundResponse.done();
    }
  };
}

async function run({ dataSource, hooks }: Application, command: CrashCommand): Promise<void> {
  if (command.kind === 'idle') return hooks.idle();
  const people = command.names.map((name) => person({ name }));
  if (command.kind === 'saveBuffered')
    return inEndlessBuffer(hooks, () => dataSource.manager.save(people));
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.manager.save(people);
  switch (command.kind) {
    case 'leaveOpen':
      return;
    case 'rollBack':
      await runner.rollbackTransaction();
      break;
    case 'save':
      await runner.commitTransaction();
  }
  await runner.release();
}

/** Resolves when the work in the buffer is done. */
function inEndlessBuffer(hooks: ModelHooks, work: () => Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    hooks
      .buffer(async () => {
        await work();
        resolve();
        await new Promise(() => undefined);
      })
      .catch(reject);
  });
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

if (process.send) void main(JSON.parse(process.argv[2] ?? '{}'));
