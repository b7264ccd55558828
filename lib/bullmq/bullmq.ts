import { type ConnectionOptions, type Job, Queue, Worker } from 'bullmq';
import { endsWithin } from '../base/deadline';
import type { Chunk } from '../delivery/chunk/chunk';
import type { Dispatcher, DispatcherSurroundings, Engine } from '../dispatch/dispatcher';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import { Seldom } from '../logging/seldom';
import {
  type ClientCopy,
  consumerConnection,
  copyOf,
  producerConnection,
  reconnecting,
} from './connection';
import { chunkJob, DUE, dueJob, type JobData } from './jobs';
import { type BullmqOptions, type ResolvedBullmqOptions, resolvedOptions } from './options';

/** With more jobs, the chunks of a backlog are larger. */
const BACKLOG_FACTOR = 10;
/** How long adding jobs may take. Then the chunks go back, and a sweep dispatches them again. */
const PATIENCE_MS = 2_000;
/** A worker that died has lost its jobs after the two times together, at most 12 s. */
const LOCK_MS = 8_000;
const STALLED_CHECK_MS = 3_000;
/** A chunk whose workers died this often is left to the sweeps. */
const MAX_STALLED = 5;
/** Claims made for one job that says that deliveries are due. */
const MAX_CLAIMS = 100;
const MINUTE_MS = 60_000;

/**
 * Hands chunks to the workers of a BullMQ queue: one job a chunk. The tables of this package stay the truth, so Redis may lose everything:
 * sweeps add what it lost again. Throws `OPTION_INVALID`.
 *
 * @example
 * const dispatcher = bullmq({ connection: { host: 'redis.internal' } });
 * const hooks = await ModelHooks.attach(dataSource, { dispatcher });
 */
export function bullmq<Connection = ConnectionOptions>(
  options: BullmqOptions<Connection>,
): Dispatcher {
  // The backend decides what a connection is; BullMQ checks it.
  return new BullmqDispatcher(resolvedOptions(options as unknown as BullmqOptions));
}

class BullmqDispatcher implements Dispatcher {
  readonly chunkSize: number;
  readonly backlogChunkSize: number;
  readonly #seldom = new Seldom(MINUTE_MS);
  #logger: Pick<Logger, 'warn'> | undefined;
  #queue: Queue<JobData> | undefined;
  #worker: Worker<JobData> | undefined;
  /** The connection of the worker, if it is a copy of a client of the application. */
  #copy: ClientCopy | undefined;
  #isStopping = false;
  readonly #retryStrategy = reconnecting(() => this.#isStopping);

  constructor(private readonly options: ResolvedBullmqOptions) {
    this.chunkSize = options.chunkSize;
    this.backlogChunkSize = Math.min(options.chunkSize * BACKLOG_FACTOR, 500);
  }

  async start(engine: Engine, { logger }: DispatcherSurroundings): Promise<void> {
    this.#logger = logger;
    this.#isStopping = false;
    const { queue, consume } = this.options;
    this.#queue = new Queue<JobData>(queue, this.#producing, this.options.backend as undefined);
    this.#queue.on('error', (error) => this.#warn(error));
    if (consume) this.#worker = this.#newWorker(engine);
    await endsWithin(
      this.#queue.waitUntilReady().catch(() => undefined),
      PATIENCE_MS,
    );
  }

  async dispatch(chunks: readonly Chunk[]): Promise<void> {
    const jobs = chunks.map((chunk) => chunkJob(chunk, this.options.jobOptions));
    await this.#inTime((await this.#ready()).addBulk(jobs));
  }

  async held(chunks: readonly Pick<Chunk, 'id'>[]): Promise<readonly string[]> {
    const queue = await this.#ready();
    const states = chunks.map(async ({ id }) => ({ id, state: await queue.getJobState(id) }));
    const known = await this.#inTime(Promise.all(states));
    return known.flatMap(({ id, state }) => (ENDED.has(state) ? [] : [id]));
  }

  async due(afterMs: number): Promise<void> {
    const { name, data, opts } = dueJob(Date.now() + afterMs, afterMs, this.options.jobOptions);
    await this.#inTime((await this.#ready()).add(name, data, opts));
  }

  /** Takes no more jobs; those in work end with their deliveries, which are given back at the deadline. */
  async stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    const [worker, queue, copy] = [this.#worker, this.#queue, this.#copy];
    this.#worker = undefined;
    this.#queue = undefined;
    this.#copy = undefined;
    this.#isStopping = true;
    // Without Redis these would never end. Their connections give up by themselves then.
    const closing = Promise.allSettled([worker?.close(), queue?.close()]);
    await endsWithin(
      closing.then(() => undefined),
      deadlineMs,
    );
    copy?.disconnect();
  }

  /** Until the queue is ready, nothing is given to it: it would be added later, when the chunk has been dispatched again. */
  async #ready(): Promise<Queue<JobData>> {
    const queue = this.#queue;
    if (!queue) throw new Error('The BullMQ dispatcher has not been started.');
    await this.#inTime(queue.waitUntilReady());
    return queue;
  }

  get #producing() {
    const { prefix, backend } = this.options;
    const connection = backend
      ? this.options.connection
      : producerConnection(this.options.connection, this.#retryStrategy);
    const keys = prefix === undefined ? {} : { prefix };
    return { connection, ...keys };
  }

  #newWorker(engine: Engine): Worker<JobData> {
    const { queue, prefix, concurrency, backend } = this.options;
    const worker = new Worker<JobData>(
      queue,
      (job) => this.#work(job, engine),
      {
        connection: this.#consuming,
        concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        maxStalledCount: MAX_STALLED,
        ...(prefix !== undefined && { prefix }),
      },
      backend as undefined,
    );
    worker.on('error', (error) => this.#warn(error));
    return worker;
  }

  get #consuming(): ConnectionOptions {
    const { connection, backend } = this.options;
    if (backend) return connection;
    this.#copy = copyOf(connection);
    return this.#copy ?? consumerConnection(connection, this.#retryStrategy);
  }

  async #work({ name, data, attemptsStarted }: Job<JobData>, engine: Engine): Promise<void> {
    if (name === DUE || !('id' in data)) return claimAll(engine);
    await engine.deliver(data, { starts: attemptsStarted });
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    // Without this, an answer that comes after the deadline would be an unhandled rejection.
    work.catch(() => undefined);
    if (
      await endsWithin(
        work.then(() => undefined),
        PATIENCE_MS,
      )
    )
      return work;
    throw new Error(`The queue did not answer within ${PATIENCE_MS} ms.`);
  }

  #warn(error: unknown): void {
    if (!this.#seldom.isDue('queue')) return;
    this.#logger?.warn(
      'The queue of BullMQ cannot be reached; deliveries follow when it is back.',
      {
        error: loggable(error),
      },
    );
  }
}

/** What BullMQ says of a job that no worker will get any more. */
const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'unknown']);

async function claimAll(engine: Engine): Promise<void> {
  for (let claims = 0; claims < MAX_CLAIMS; claims += 1) {
    const { isClaimed } = await engine.claimDue();
    if (!isClaimed) return;
  }
}
