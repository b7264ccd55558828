import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock';
import { timerMs } from '../base/deadline';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import {
  FUNCTION,
  numberFrom,
  type Rule,
  type Shape,
  TEXT_OR_NULL,
  wholeNumberFrom,
} from './rules';

/** How far bulk work has come. */
export interface BulkResult {
  /** What this call has done so far. */
  readonly count: number;
  /** Give it to the next call, with the same options, to go on there. Null if nothing is left. */
  readonly cursor: string | null;
}

/** Options of bulk work, which is done in batches. */
export interface BulkOptions {
  /** Stop after this number. Left out: no limit. */
  readonly limit?: number;
  /** The `cursor` of a result, to go on there. Null begins at the beginning. @defaultValue `null` */
  readonly cursor?: string | null;
  /** Stops after the present batch when it is aborted. The call then resolves with the cursor. */
  readonly signal?: AbortSignal;
  /** Called after each batch. A promise that it returns is awaited. What it throws is logged and changes nothing. */
  readonly onProgress?: (progress: BulkResult) => unknown;
}

export const BULK_DEFAULTS = { cursor: null } as const satisfies BulkOptions;

/** How the rows that exist now are sent to a listener. */
export interface BackfillOptions extends BulkOptions {
  /** The most deliveries that are stored in a second on average. Left out: no limit. */
  readonly maxPerSecond?: number;
}

const SIGNAL: Rule = {
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value,
  expected: 'an AbortSignal',
};

export const BULK_SHAPE: Shape<BulkOptions> = {
  limit: wholeNumberFrom(1, Number.MAX_SAFE_INTEGER),
  cursor: TEXT_OR_NULL,
  signal: SIGNAL,
  onProgress: FUNCTION,
};

/** The least rate keeps a pause within what a timer can wait. */
export const RATE: Rule = numberFrom(0.01, 1_000_000);

export const BACKFILL_SHAPE: Shape<BackfillOptions> = { ...BULK_SHAPE, maxPerSecond: RATE };

/** What one batch did. */
export interface Batch<Place> {
  readonly count: number;
  /** Where the next batch begins. Null if nothing is left. */
  readonly place: Place | null;
}

export interface BatchWork<Place> {
  readonly start: Place;
  /** Does at most `size` things. */
  readonly step: (place: Place, size: number) => Promise<Batch<Place>>;
  readonly cursorOf: (place: Place) => string;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Things that one batch does. */
const BATCH_SIZE = 500;

/** Does bulk work until nothing is left, the limit is reached or the signal is aborted. Rejects with what a batch rejects with. */
export async function inBatches<Place>(
  { start, step, cursorOf, logger }: BatchWork<Place>,
  { limit = Number.POSITIVE_INFINITY, signal, onProgress, maxPerSecond }: BackfillOptions,
): Promise<BulkResult> {
  const largest = Math.max(1, Math.min(BATCH_SIZE, Math.floor(maxPerSecond ?? BATCH_SIZE)));
  let count = 0;
  let place: Place | null = start;
  const result = () => ({ count, cursor: place === null ? null : cursorOf(place) });
  while (place !== null && count < limit && !signal?.aborted) {
    const startedAt = monotonicMs();
    const batch: Batch<Place> = await step(place, Math.min(largest, limit - count));
    count += batch.count;
    place = batch.place;
    await report(onProgress, result(), logger);
    if (maxPerSecond === undefined || place === null || count >= limit) continue;
    await pause((batch.count * 1_000) / maxPerSecond - (monotonicMs() - startedAt), signal);
  }
  return result();
}

async function report(
  onProgress: BulkOptions['onProgress'],
  progress: BulkResult,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  try {
    await onProgress?.(progress);
  } catch (error) {
    logger.warn('`onProgress` failed; the work goes on.', { error: loggable(error) });
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await sleep(timerMs(ms), undefined, { signal }).catch(() => undefined);
}
