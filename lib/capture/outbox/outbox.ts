import type { QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type JsonRecord, storable } from '../../base/json';
import type { EventContext } from '../../hook/event';
import { eventName, type Hook, updateEventOf } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import { EventInsert, type NewEventRow } from '../../store/event-insert';
import type { StoredTargets, StoredTrace } from '../../store/events';
import type { EventOrigin } from '../../store/outbox';
import type { Store } from '../../store/store';
import type { WritingCode } from '../writing-code';
import type { SizeLimits } from './size-limits';

/** An event whose values are known to this process. */
export interface ReadyEvent {
  /** Left out if it is not needed before the event is written. */
  readonly id?: string;
  readonly hook: Hook;
  readonly operation: Operation | null;
  readonly ref: string | null;
  readonly sender: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
  /** As the database writes them; computed and defined fields as JSON. */
  readonly data: JsonRecord;
  /** In the same form. */
  readonly previous: JsonRecord | null;
  /** What the hook's `resolve` returned. */
  readonly targets?: StoredTargets | null;
  /** Events with one row id have an order; an event without one has none. */
  readonly rowId: string | null;
  /** The due time of an event that a schedule fires. */
  readonly dueAt?: Date | null;
  /** `Outbox` stores that of the code that writes it in any case. */
  readonly context?: EventContext | null;
  /** The same holds for the span. */
  readonly trace?: StoredTrace | null;
}

export interface WrittenEvent {
  readonly id: string;
  readonly hook: string;
  readonly event: string;
  readonly operation: Operation | null;
}

/** Writes events in the transaction of the change that they are about. After its commit they are planned. */
export class Outbox {
  constructor(
    private readonly store: Store,
    private readonly origin: EventOrigin,
    readonly limits: SizeLimits,
    readonly code: WritingCode,
  ) {}

  /** Writes all of them in one statement. */
  async write(runner: QueryRunner, ready: readonly ReadyEvent[]): Promise<readonly WrittenEvent[]> {
    if (ready.length === 0) return [];
    const rows = ready.map((event) => newEventRow({ ...event, context: null, trace: null }));
    const insert = new EventInsert();
    insert.addRows(rows);
    // Targets may hold secrets, which TypeORM's logger would print.
    const holdsTargets = ready.some(({ targets }) => targets);
    const store = holdsTargets ? this.store.joining(runner) : this.store.logged(runner);
    await store.outbox.insert(insert, this.#origin);
    return rows.map(({ id, hook, event, operation }) => ({ id, hook, event, operation }));
  }

  /** The INSERT of events as a part of another statement, whose parameters `insert` has. */
  insertSql(insert: EventInsert): string {
    return this.store.outbox.insertSql(insert, this.#origin);
  }

  get #origin(): EventOrigin {
    const { buffer, context, trace } = this.code;
    return { ...this.origin, buffer, context: context?.text ?? null, trace };
  }

  /** An error of such a statement: `TABLES_MISSING` if our tables do not exist. */
  explained(error: unknown): unknown {
    return this.store.explained(error);
  }

  /** Makes the transaction fail: a caller who ignores the error and commits would otherwise keep a row without its event. */
  spoilTransaction(runner: QueryRunner): Promise<void> {
    return this.store.logged(runner).outbox.spoilTransaction();
  }
}

/** The row of an event whose values are known. */
export function newEventRow({ id = uuidv7(), hook, operation, ...event }: ReadyEvent): NewEventRow {
  const { ref, sender, headers, data, previous, targets = null } = event;
  return {
    id,
    hook: hook.name,
    event: eventName(hook, operation),
    operation,
    ref: ref && storable(ref),
    sender: sender && storable(sender),
    headers,
    data,
    previous,
    raw_previous: previous !== null,
    targets,
    row_id: event.rowId,
    shape: hook.shape,
    due_at: event.dueAt ?? null,
    context: event.context ?? null,
    trace: event.trace ?? null,
    ...(operation !== null && { update_event: updateEventOf(hook) }),
  };
}
