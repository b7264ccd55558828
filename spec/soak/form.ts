import type { AttachOptions } from '../../lib';

/** The extent of a run. */
export interface Form {
  /** How long the process writes and is disturbed. */
  readonly writingMs: number;
  /** Whether it takes long enough for each disturbance to happen, and for rows to be pruned. */
  readonly isComplete: boolean;
  /** Number of restarts of PostgreSQL, fast ones and immediate ones in turn. */
  readonly restarts: number;
  /** Time limit of the work after the writing. */
  readonly settlingMs: number;
  /** The run ends after this time with any result. */
  readonly deadlineMs: number;
}

export const LONG_MINUTES = 10;
export const SHORT_MINUTES = 2;

const MINUTE_MS = 60_000;
const SETTLING_MS = 180_000;
/** The part of the deadline for starting, ending and comparing. */
const RESERVE_MS = 120_000;
const MINUTES_PER_RESTART = 2;

export function formOf(minutes: number): Form {
  const writingMs = minutes * MINUTE_MS;
  return {
    writingMs,
    isComplete: minutes >= SHORT_MINUTES,
    restarts: Math.max(2, Math.round(minutes / MINUTES_PER_RESTART)),
    settlingMs: SETTLING_MS,
    deadlineMs: writingMs + SETTLING_MS + RESERVE_MS,
  };
}

/** Averages. About 10 transactions in a second, of 1.5 events each. */
export const WRITING = { name: 'soak', lanes: 3, pauseMs: 270 } as const;

/** Average times between two disturbances of a kind. */
export const EVERY_MS = { terminate: 5_000, freeze: 8_000, setClock: 10_000 } as const;

/** The endpoints that never accept anything are replaced by new ones after this time. */
export const REPLACE_EVERY_MS = 45_000;

export const SAMPLE_EVERY_MS = 5_000;

/** Size of the connection pool of the process, and the name of its connections. */
export const POOL_SIZE = 10;
export const APPLICATION_NAME = 'soak';

/** Short times, so that refused requests are soon retried, a connection that does not answer is soon given up, and rows are soon old. */
export const ATTACH = {
  sweepMs: 1_000,
  leaseMs: 6_000,
  statementTimeoutMs: 3_000,
  retention: { eventsMs: 20_000, deliveriesMs: 20_000 },
  delivery: {
    recipients: 'development',
    timeoutMs: 5_000,
    retries: 100,
    retryDelayMs: 200,
    retryMaxDelayMs: 2_000,
  },
} as const satisfies AttachOptions;
