import type { DataSource } from 'typeorm';
import type { Contexts } from '../capture/contexts';
import { HttpClient } from '../delivery/http/http-client';
import { NotInitialisedError } from '../errors/attach-errors';
import type { Logger } from '../logging/logger';
import type { Lease } from '../store/chunks';
import type { Store } from '../store/store';
import { TaskCalling } from '../task/calling';
import { Definitions } from '../task/definitions';
import { TaskEnds } from '../task/ends';
import { TaskEngine } from '../task/engine';
import { TaskLink } from '../task/link';
import { LocalFunctions } from '../task/local-functions';
import { RemoteCalls } from '../task/remote-call';
import { Tasks } from '../task/tasks';
import { TaskWaits } from '../task/waits';
import type { Vault } from '../vault/vault';
import type { ResolvedOptions } from './options';

/** What the task stage uses of an attachment. */
export interface TaskSurroundings {
  readonly dataSource: DataSource;
  readonly store: Store;
  readonly logger: Logger;
  readonly vault: Vault;
  readonly options: ResolvedOptions;
  readonly contexts: Contexts;
}

/** The task stage of an attachment. It outlives its sessions, each of which may run an engine. */
export interface TaskParts {
  readonly tasks: Tasks;
  readonly link: TaskLink;
  readonly waits: TaskWaits;
  /** An engine of this process, which runs at most this many tasks at once. */
  newEngine(lease: Lease, maxConcurrency: number): TaskEngine;
  /** The engine stops: what is called in the background is not waited for. */
  rest(): void;
}

/** Puts the task stage together. */
export function taskParts(given: TaskSurroundings): TaskParts {
  const { store, logger, vault, options } = given;
  const { maxPayloadBytes } = options.delivery;
  const link = new TaskLink();
  const waits = new TaskWaits(store, link);
  const functions = new LocalFunctions();
  const definitions = new Definitions(logger, () => link.wake(), given.contexts);
  const shared = { ...given, policy: options.policy, link, waits, functions, definitions };
  const calling = new TaskCalling({ ...shared, maxPayloadBytes });
  const schedules = () => store.schedules.names();
  const tasks = new Tasks({ store, logger, definitions, calling, schedules });
  const newEngine = (lease: Lease, maxConcurrency: number) => {
    const client = new HttpClient(options.policy, options.delivery);
    const calls = new RemoteCalls(client, vault, functions, lease.processId);
    const ends = new TaskEnds(shared, options.delivery);
    const { sweepMs, delivery } = options;
    return new TaskEngine(
      { ...shared, client, calls, ends },
      {
        lease,
        sweepMs,
        encryptionKeyIds: vault.ids,
        maxConcurrency,
        maxConcurrencyPerLane: delivery.maxConcurrencyPerOrigin,
      },
    );
  };
  const rest = () => {
    link.bind(undefined);
    waits.close(new NotInitialisedError(), 'background');
  };
  return { tasks, link, waits, newEngine, rest };
}
