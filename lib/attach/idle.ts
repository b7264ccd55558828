import { setTimeout as sleep } from 'node:timers/promises';
import { hasEarlierSql } from '../dispatch/claim/due-sql';
import { LONGEST_TIMER_MS } from '../dispatch/due-timer';
import type { DeliveryEngine } from '../dispatch/engine';
import { IdleTimeoutError } from '../errors/attach-errors';
import type { HookCatalog } from '../hook/catalog';
import type { ListenerMatching } from '../listener/matching/matching';
import type { Store } from '../store/store';

const POLL_MS = 10;
/** What was given back a moment ago is about to be tried; a retry further away is not waited for. */
const SOON_MS = 1_500;

interface Left {
  readonly events: number;
  readonly chunks: number;
  readonly deliveries: number;
  readonly inFlight: number;
}

/** Knows when nothing is left to do here. */
export class Idle {
  constructor(
    private readonly store: Store,
    private readonly catalog: HookCatalog,
    private readonly matching: ListenerMatching,
    private readonly engine: () => DeliveryEngine | undefined,
  ) {}

  /** Rejects with `IDLE_TIMEOUT`, naming what is left. */
  async wait(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const patience = sleep(Math.min(timeoutMs, LONGEST_TIMER_MS), undefined, { ref: false });
    for (;;) {
      await Promise.race([this.engine()?.settle(), patience]);
      const left = await this.#left();
      if (isNothing(left)) return;
      if (Date.now() >= deadline) throw new IdleTimeoutError(timeoutMs, described(left));
      await sleep(POLL_MS);
    }
  }

  async #left(): Promise<Left> {
    const inFlight = this.engine()?.inFlight ?? 0;
    // What this process does not do itself, it cannot wait for.
    if (inFlight > 0 || !this.engine()?.isRunning)
      return { events: 0, chunks: 0, deliveries: 0, inFlight };
    const [row] = await this.store.database.query<
      Record<'events' | 'chunks' | 'deliveries', string>
    >(
      `SELECT (SELECT count(*) FROM ${this.store.tables.event} WHERE planned_at IS NULL AND hook = ANY($1)
           AND ${this.matching.tellableSql}) AS events,
         (SELECT count(*) FROM ${this.store.tables.chunk} WHERE lease_until < clock_timestamp()) AS chunks,
         (SELECT count(*) FROM ${this.store.tables.delivery} d WHERE next_at IS NOT NULL
           AND next_at AT TIME ZONE 'UTC' <= (now() + $2 * interval '1 millisecond') AT TIME ZONE 'UTC'
           AND (status = 'waiting' OR next_at <= clock_timestamp())
           AND NOT (listener_id = ANY($3::uuid[]))
           AND NOT (row_id IS NOT NULL AND ${hasEarlierSql(this.store.tables)})) AS deliveries`,
      [this.catalog.allNames(), SOON_MS, this.engine()?.barred ?? []],
    );
    const engine = this.engine();
    return {
      events: Number(row?.events),
      chunks: Number(row?.chunks),
      deliveries: Number(row?.deliveries),
      // What was claimed while we asked is not among the rows, nor was it in flight when we began.
      inFlight: (engine?.inFlight ?? 0) + (engine?.isBusy ? 1 : 0),
    };
  }
}

function isNothing({ events, chunks, deliveries, inFlight }: Left): boolean {
  return events + chunks + deliveries + inFlight === 0;
}

function described({ events, chunks, deliveries, inFlight }: Left): string {
  return (
    `${events} events to plan, ${chunks} chunks that nobody holds, ${deliveries} deliveries due, ` +
    `${inFlight} in flight`
  );
}
