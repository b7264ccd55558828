import { type EntitySubscriberInterface, EventSubscriber } from 'typeorm';
import type { AttachOptions } from '../../../lib';
import { type Application, startApplication } from '../application/application';
import { Person, person } from '../entities/person';
import { setClockAhead } from './set-clock';

/** The options of a process of crash.spec.ts, given as JSON in its first argument. */
export interface CrashOptions {
  readonly url: string;
  readonly attach: AttachOptions;
  /** When the process kills itself: as soon as a transaction is committed, or as soon as its events are planned. */
  readonly diesAt?: 'commit' | 'plan';
  /** How far the clock of the machine is ahead, in milliseconds. */
  readonly clockAheadMs?: number;
}

export type CrashCommand =
  | { readonly kind: 'save'; readonly names: readonly string[] }
  /** Saves in a transaction that rolls back. */
  | { readonly kind: 'rollBack'; readonly names: readonly string[] }
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

async function main({ url, attach, diesAt, clockAheadMs = 0 }: CrashOptions): Promise<void> {
  if (clockAheadMs !== 0) setClockAhead(clockAheadMs);
  const application = await startApplication({
    entities: [Person],
    url,
    attach: diesAt === 'plan' ? { ...attach, dispatcher: { dispatch: die } } : attach,
    dataSource: diesAt === 'commit' ? { subscribers: [DiesAfterCommit] } : {},
  });
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

async function run({ dataSource, hooks }: Application, command: CrashCommand): Promise<void> {
  if (command.kind === 'idle') return hooks.idle();
  const people = command.names.map((name) => person({ name }));
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

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

if (process.send) void main(JSON.parse(process.argv[2] ?? '{}'));
