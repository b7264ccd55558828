import { HistoryReader } from '../delivery/log/history-reader';
import { OptionInvalidError } from '../errors/option-errors';
import { checkedOptions } from '../options/checked';
import { criterion, DATE, type Shape, STORABLE, wholeNumberFrom } from '../options/rules';
import type { BucketRow, EventBucketRow, HistoryWindow } from '../store/history';
import type { Store } from '../store/store';

/** Options of `hooks.history()`. */
export interface HistoryOptions {
  /** The beginning. Left out: an hour ago, by the clock of the database. */
  readonly since?: Date;
  /** Into how many equal parts the time is divided, 1 to 500. @defaultValue `60` */
  readonly buckets?: number;
  /** Only deliveries of the listeners that have this owner now, and the events that these deliveries are about. */
  readonly owner?: string;
}

export const HISTORY_DEFAULTS = { buckets: 60 } as const satisfies Pick<HistoryOptions, 'buckets'>;

/** One part of the time of a history. */
export interface HistoryBucket {
  /** When it begins. */
  readonly at: Date;
  /** Events that were captured then. With `owner`: events of the deliveries that were created then. */
  readonly events: number;
  /** Deliveries that were created then, by their status now. */
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Deliveries that have not ended: `waiting`, `retrying` and `rescheduled`. */
  readonly open: number;
}

/** What `hooks.history()` returns. */
export interface HookHistory {
  readonly since: Date;
  /** Now, by the clock of the database. */
  readonly until: Date;
  /** Length of a bucket, in milliseconds. The last bucket may end after `until`. */
  readonly bucketMs: number;
  /** Oldest first. */
  readonly buckets: readonly HistoryBucket[];
  /** How long the last attempts of these deliveries took, in milliseconds. Null if none was tried. */
  readonly durations: { readonly p50: number; readonly p99: number } | null;
  /** When the oldest delivery without a final status was created, in this time or earlier. Null if there is none. */
  readonly oldestWaitingAt: Date | null;
  /** Whether the numbers are estimates: there are more than 10,000 events or deliveries in this time. */
  readonly isSampled: boolean;
}

const SHAPE: Shape<HistoryOptions> = {
  since: DATE,
  buckets: wholeNumberFrom(1, 500),
  owner: criterion(STORABLE),
};

const HOUR_MS = 3_600_000;

/** Events and deliveries over time. Rejects with `OPTION_INVALID`. */
export async function hookHistory(store: Store, given: HistoryOptions): Promise<HookHistory> {
  const { owner, buckets = HISTORY_DEFAULTS.buckets, since } = checkedOptions(given, SHAPE);
  const untilMs = Math.floor(await store.bulk.nowMs()) + 1;
  const sinceMs = since?.getTime() ?? untilMs - HOUR_MS;
  if (sinceMs >= untilMs) throw new OptionInvalidError('since', 'a time in the past');
  const window = { sinceMs, untilMs, buckets, bucketMs: Math.ceil((untilMs - sinceMs) / buckets) };
  const reader = new HistoryReader(store);
  const of = await reader.of(owner);
  const deliveries = await reader.deliveries(window, of);
  const events = owner === undefined ? await reader.events(window) : deliveries;
  const { p50, p99 } = deliveries;
  return {
    since: new Date(sinceMs),
    until: new Date(untilMs),
    bucketMs: window.bucketMs,
    buckets: bucketsOf(window, deliveries.buckets, events.buckets),
    durations: p50 === null || p99 === null ? null : { p50, p99 },
    oldestWaitingAt: await reader.oldestOpenAt(of),
    isSampled: deliveries.isSampled || events.isSampled,
  };
}

function bucketsOf(
  { sinceMs, bucketMs, buckets }: HistoryWindow,
  deliveries: readonly BucketRow[],
  events: readonly EventBucketRow[],
): readonly HistoryBucket[] {
  const deliveriesOf = new Map(deliveries.map((row) => [row.n, row]));
  const eventsOf = new Map(events.map((row) => [row.n, row]));
  return Array.from({ length: buckets }, (_, n) => {
    const { done = 0, failed = 0, skipped = 0, open = 0 } = deliveriesOf.get(n) ?? {};
    const numbers = { events: eventsOf.get(n)?.events ?? 0, done, failed, skipped, open };
    return { at: new Date(sinceMs + n * bucketMs), ...rounded(numbers) };
  });
}

function rounded(numbers: Omit<HistoryBucket, 'at'>): Omit<HistoryBucket, 'at'> {
  const { events, done, failed, skipped, open } = numbers;
  return {
    events: Math.round(events),
    done: Math.round(done),
    failed: Math.round(failed),
    skipped: Math.round(skipped),
    open: Math.round(open),
  };
}
