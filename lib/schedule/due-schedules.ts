import { rowId } from '../capture/entity/row-id';
import { newEventRow, type ReadyEvent } from '../capture/outbox/outbox';
import type { HookCatalog } from '../hook/catalog';
import type { Hook } from '../hook/hook';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Reporter } from '../logging/reports';
import { EventInsert, type NewEventRow } from '../store/event-insert';
import type { Advance, ScheduleRow } from '../store/schedules';
import type { Store } from '../store/store';
import { firedSince, firingOf } from './firing';
import { catchUpOf, scheduleEvent, timingOf } from './schedule';

export interface DueSchedulesParts {
  readonly store: Pick<Store, 'schedules' | 'transaction'>;
  readonly catalog: Pick<HookCatalog, 'open'>;
  readonly reporter: Pick<Reporter, 'emit'>;
  readonly logger: Pick<Logger, 'error'>;
}

/** Schedules that one transaction fires. */
const ROWS_AT_ONCE = 50;

/** What one transaction does about a row. */
interface Planned {
  readonly events: readonly ReadyEvent[];
  /** Null if the row is deleted. */
  readonly advance: Advance | null;
  readonly id: string;
}

/**
 * Fires schedules that are due: stores an event for each due time. One transaction locks the row of the schedule, stores the event and
 * moves the due time on. So a due time is fired once, whichever process does it and whenever a process dies.
 */
export class DueSchedules {
  /** Rows that this process cannot fire. Another release may be able to. */
  readonly #left = new Set<string>();

  constructor(
    private readonly parts: DueSchedulesParts,
    private readonly processId: string,
  ) {}

  /** Milliseconds until the next due time, by the clock of the database; null if there is none. */
  nextMs(): Promise<number | null> {
    return this.parts.store.schedules.nextDueMs([...this.#left]);
  }

  /** Tries rows again that could not be fired. */
  forgetLeft(): void {
    this.#left.clear();
  }

  /** Fires some of the schedules that are due. Returns how many rows it claimed, and how many events it stored. */
  async fire(): Promise<{ readonly rows: number; readonly events: number }> {
    const { rows, events } = await this.parts.store.transaction((store) => this.#fired(store));
    for (const { id, hook, event, operation } of events)
      this.parts.reporter.emit('captured', { eventId: id, hook, event, operation });
    return { rows, events: events.length };
  }

  async #fired(
    store: Store,
  ): Promise<{ readonly rows: number; readonly events: readonly NewEventRow[] }> {
    const { schedules } = store;
    const rows = await schedules.claimDue(ROWS_AT_ONCE, [...this.#left]);
    if (rows.length === 0) return { rows: 0, events: [] };
    const spans = await schedules.firingSpans();
    const planned = rows.flatMap((row) => this.#planned(row, firedSince(spans, row.now)) ?? []);
    const events = planned.flatMap((one) => one.events.map(newEventRow));
    await this.#insert(store, events);
    await schedules.advance(planned.flatMap(({ advance }) => advance ?? []));
    await schedules.removeOnce(planned.flatMap(({ advance, id }) => (advance ? [] : id)));
    return { rows: rows.length, events };
  }

  async #insert({ outbox }: Store, events: readonly NewEventRow[]): Promise<void> {
    if (events.length === 0) return;
    const insert = new EventInsert();
    insert.addRows(events);
    await outbox.insert(insert, { processId: this.processId, skipped: null });
  }

  /** Null if this process cannot fire it. */
  #planned(row: ScheduleRow, since: Date): Planned | null {
    try {
      const hook = this.parts.catalog.open(scheduleEvent(row.name));
      return row.once ? firedOnce(row, hook) : fired(row, hook, since);
    } catch (error) {
      this.#left.add(row.id);
      this.parts.logger.error(
        `The schedule "${row.name}" cannot be fired by this process; the next sweep tries again.`,
        { error: loggable(error) },
      );
      return null;
    }
  }
}

function firedOnce(row: ScheduleRow, hook: Hook): Planned {
  const dueAt = row.next_due_at ?? row.now;
  return { id: row.id, events: [{ ...eventOf(row, hook, dueAt), id: row.id }], advance: null };
}

function fired(row: ScheduleRow, hook: Hook, since: Date): Planned {
  const timing = timingOf(row);
  const catchUp = catchUpOf(row);
  if (!timing || !catchUp) throw new RangeError('Another release stored it.');
  const due = { timing, catchUp, nextDueAt: row.next_due_at ?? row.now };
  const { dueTimes, next } = firingOf(due, { now: row.now, firedSince: since });
  return {
    id: row.id,
    events: dueTimes.map((dueAt) => eventOf(row, hook, dueAt)),
    advance: { id: row.id, next_due_at: next, last_due_at: dueTimes.at(-1) ?? null },
  };
}

function eventOf({ name, data, once, context }: ScheduleRow, hook: Hook, dueAt: Date): ReadyEvent {
  return {
    hook,
    operation: null,
    ref: null,
    sender: null,
    headers: null,
    data,
    previous: null,
    // The due times of a schedule have an order, so that a listener with `ordered` gets them one after another.
    rowId: once ? null : rowId(hook.name, [name]),
    dueAt,
    context,
  };
}
