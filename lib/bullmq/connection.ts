import type { ConnectionOptions } from 'bullmq';

/** A copy of a client of ioredis, which belongs to us. */
export interface ClientCopy {
  disconnect(): void;
  readonly [member: string]: unknown;
}

interface Client {
  duplicate(options: { readonly maxRetriesPerRequest: null }): ClientCopy;
}

/** The longest time between two tries to connect. */
const LONGEST_PAUSE_MS = 2_000;

/** Connects again until the dispatcher stops: a process whose Redis is down could not end otherwise. */
export function reconnecting(isStopping: () => boolean): (tries: number) => number | null {
  return (tries) => (isStopping() ? null : Math.min(100 * tries, LONGEST_PAUSE_MS));
}

type RetryStrategy = ReturnType<typeof reconnecting>;

/** Adding a job fails at once while Redis cannot be reached: the chunk goes back, and no commit waits for it. */
export function producerConnection(
  connection: ConnectionOptions,
  retryStrategy: RetryStrategy,
): ConnectionOptions {
  if (!isPlainOptions(connection)) return connection;
  return { enableOfflineQueue: false, maxRetriesPerRequest: 1, ...connection, retryStrategy };
}

/** A worker waits for jobs in blocking commands, which must not be given up. */
export function consumerConnection(
  connection: ConnectionOptions,
  retryStrategy: RetryStrategy,
): ConnectionOptions {
  if (!isPlainOptions(connection)) return connection;
  return { ...connection, maxRetriesPerRequest: null, retryStrategy };
}

/** A copy of a client of the application, for blocking commands; undefined if it is none. */
export function copyOf(connection: unknown): (ClientCopy & ConnectionOptions) | undefined {
  if (!isClient(connection)) return undefined;
  return connection.duplicate({ maxRetriesPerRequest: null }) as ClientCopy & ConnectionOptions;
}

function isClient(connection: unknown): connection is Client {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    'duplicate' in connection &&
    typeof connection.duplicate === 'function'
  );
}

/** Options of Redis; a text, and what another backend takes, are passed on as they are. */
function isPlainOptions(connection: unknown): connection is Readonly<Record<string, unknown>> {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    Object.getPrototypeOf(connection) === Object.prototype
  );
}
