import type { BackendFactory, ConnectionOptions, IQueueBackend, JobsOptions } from 'bullmq';
import { MAX_CHUNK_SIZE } from '../delivery/chunk/chunk';
import { OptionInvalidError } from '../errors/option-errors';
import { checkedOptions } from '../options/checked';
import {
  ANYTHING,
  BOOLEAN,
  FUNCTION,
  isOptions,
  optionsOf,
  type Rule,
  required,
  type Shape,
  TEXT,
  wholeNumberFrom,
} from '../options/rules';

/** The options of `bullmq()`. */
export interface BullmqOptions<Connection = ConnectionOptions> {
  /**
   * How to reach Redis: options, or a client of ioredis, which is not closed. With a `backend`, what that takes as its connection. Redis
   * should not evict keys (`maxmemory-policy noeviction`).
   */
  readonly connection: Connection;
  /** Name of the queue. @defaultValue `'model-hooks'` */
  readonly queue?: string;
  /** Prefix of the keys in Redis. @defaultValue that of BullMQ, `'bull'` */
  readonly prefix?: string;
  /** Most deliveries of a job, from 1 to 500. While more events wait than are planned at once, ten times as many. @defaultValue `10` */
  readonly chunkSize?: number;
  /** Jobs that this process works on at once. @defaultValue `50` */
  readonly concurrency?: number;
  /** Further options of the jobs: how often and when BullMQ tries one again that threw, and how it is sorted in. */
  readonly jobOptions?: Pick<
    JobsOptions,
    'attempts' | 'backoff' | 'priority' | 'lifo' | 'keepLogs' | 'stackTraceLimit'
  >;
  /** `createPostgresBackend` of BullMQ, or another one. @defaultValue Redis */
  readonly backend?: BackendFactory<IQueueBackend, Connection>;
  /** Whether this process works on jobs, and does not only add them. @defaultValue `true` */
  readonly consume?: boolean;
}

/** The default options of `bullmq()`. */
export const BULLMQ_DEFAULTS = {
  queue: 'model-hooks',
  chunkSize: 10,
  concurrency: 50,
  consume: true,
} as const satisfies Partial<BullmqOptions>;

/** A queue of BullMQ may have any name without a colon, which separates the parts of its keys. */
const QUEUE_NAME: Rule = {
  accepts: (value) => typeof value === 'string' && value.trim() !== '' && !value.includes(':'),
  expected: 'a text without a colon',
};

const CONNECTION: Rule = {
  accepts: (value) => isOptions(value) || (typeof value === 'string' && value !== ''),
  expected: 'the options of a connection, or a client',
};

/** An id, a delay or a deduplication of the application's would lose jobs; kept ones would block their ids. */
const JOB_SHAPE: Shape<Required<BullmqOptions>['jobOptions']> = {
  attempts: wholeNumberFrom(1),
  backoff: ANYTHING,
  priority: wholeNumberFrom(0),
  lifo: BOOLEAN,
  keepLogs: wholeNumberFrom(0),
  stackTraceLimit: wholeNumberFrom(0),
};

const BULLMQ_SHAPE: Shape<BullmqOptions> = {
  connection: required(CONNECTION),
  queue: QUEUE_NAME,
  prefix: TEXT,
  chunkSize: wholeNumberFrom(1, MAX_CHUNK_SIZE),
  concurrency: wholeNumberFrom(1),
  jobOptions: optionsOf<Required<BullmqOptions>['jobOptions']>(JOB_SHAPE),
  backend: FUNCTION,
  consume: BOOLEAN,
};

export type ResolvedBullmqOptions = BullmqOptions &
  Required<Pick<BullmqOptions, keyof typeof BULLMQ_DEFAULTS>>;

/** Throws `OPTION_INVALID`. */
export function resolvedOptions(options: BullmqOptions): ResolvedBullmqOptions {
  const given = checkedOptions(options, BULLMQ_SHAPE, { path: 'bullmq' });
  // BullMQ ignores a text, and would use the Redis of this machine.
  if (typeof given.connection === 'string' && !given.backend)
    throw new OptionInvalidError('bullmq.connection', 'options or a client of Redis, and no text');
  return { ...BULLMQ_DEFAULTS, ...given };
}
