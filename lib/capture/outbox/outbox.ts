import type { DataSource, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type JsonRecord, storable } from '../../base/json';
import { eventName, type Hook } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import { EventInsert, type EventSource, type NewEventRow } from '../../store/event-insert';
import type { StoredTargets } from '../../store/events';
import type { EventOrigin } from '../../store/outbox';
import type { Store } from '../../store/store';
import { keepsJsonText } from '../entity/column-types';
import { copiedRows } from '../entity/copied-rows';
import type { HookedEntity } from '../entity/hooked-entity';
import { objectSql } from '../entity/object-sql';
import { readable, type TableCatalog, type TableFacts } from '../entity/table-facts';
import type { StoredPrevious } from '../old-values';
import { type CopiedEvent, type EventGroup, eventGroups } from './copied-event';
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
  readonly previous: StoredPrevious | null;
  /** What the hook's `resolve` returned. */
  readonly targets?: StoredTargets | null;
  /** Events with one row id have an order; an event without one has none. */
  readonly rowId: string | null;
}

export interface WrittenEvent {
  readonly id: string;
  readonly hook: string;
  readonly event: string;
  readonly operation: Operation | null;
  /** Size of `data` in bytes. Set only if a hook of the same write has a size limit. */
  readonly bytes?: number;
}

/** Writes events in the transaction of the change that they are about. After its commit they are planned. */
export class Outbox {
  readonly #dataSql = new WeakMap<HookedEntity, KnownSql>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: Store,
    private readonly origin: EventOrigin,
    readonly limits: SizeLimits,
    private readonly catalog?: TableCatalog,
  ) {}

  /** Writes all of them in one statement and returns those that were written: a row that is gone makes no event. */
  async write(
    runner: QueryRunner,
    copied: readonly CopiedEvent[],
    ready: readonly ReadyEvent[],
  ): Promise<readonly WrittenEvent[]> {
    if (copied.length + ready.length === 0) return [];
    const insert = new EventInsert();
    for (const group of eventGroups(copied)) insert.add(this.#source(insert, group));
    const rows = ready.map(newEventRow);
    if (rows.length > 0) insert.addRows(rows);
    // Targets may hold secrets, which TypeORM's logger would print.
    const holdsTargets = ready.some(({ targets }) => targets);
    const store = holdsTargets ? this.store.joining(runner) : this.store.logged(runner);
    const isMeasured = copied.some(({ hooked }) => this.limits.isSetFor(hooked.hook));
    const inserted = await store.outbox.insert(insert, this.origin, { isMeasured });
    const events = new Map([...copied.map(copiedEvent), ...rows.map(writtenEvent)]);
    return inserted.flatMap(({ id, bytes }) => {
      const event = events.get(id);
      if (!event) return [];
      return bytes === undefined ? event : { ...event, bytes };
    });
  }

  /** Deletes events that the same transaction has written. */
  takeBack(runner: QueryRunner, ids: readonly string[]): Promise<void> {
    return this.store.logged(runner).outbox.takeBack(ids);
  }

  /** Makes the transaction fail: a caller who ignores the error and commits would otherwise keep a row without its event. */
  spoilTransaction(runner: QueryRunner): Promise<void> {
    return this.store.logged(runner).outbox.spoilTransaction();
  }

  #source(insert: EventInsert, { hooked, operation, events }: EventGroup): EventSource {
    const { hook, metadata } = hooked;
    const { headers } = hook.declared;
    const common = { hook: hook.name, metadata, facts: this.catalog?.get(metadata) };
    const { from, values } = copiedRows(this.dataSource, insert, common, events);
    return {
      from,
      values: {
        ...values,
        operation: insert.parameter(operation, 'text'),
        event: insert.parameter(eventName(hook, operation), 'text'),
        ...(typeof headers === 'object' && {
          headers: insert.parameter(JSON.stringify(headers), 'json'),
        }),
        data: this.#data(hooked),
        shape: insert.parameter(hook.shape, 'text'),
      },
    };
  }

  #data(hooked: HookedEntity): string {
    const facts = this.catalog?.get(hooked.metadata);
    const keepsJson = keepsJsonText(this.dataSource);
    const known = this.#dataSql.get(hooked);
    if (known && known.facts === facts && known.keepsJson === keepsJson) return known.sql;
    const sql = objectSql(this.dataSource, readable(hooked.provided, facts), 't');
    this.#dataSql.set(hooked, { sql, facts, keepsJson });
    return sql;
  }
}

/** SQL, and what it depends on. */
interface KnownSql {
  readonly sql: string;
  readonly facts: TableFacts | undefined;
  readonly keepsJson: boolean;
}

function newEventRow({ id = uuidv7(), hook, operation, ...event }: ReadyEvent): NewEventRow {
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
    previous: previous?.values ?? null,
    raw_previous: previous?.isRaw ?? false,
    targets,
    row_id: event.rowId,
    shape: hook.shape,
  };
}

function writtenEvent({ id, hook, event, operation }: NewEventRow): [string, WrittenEvent] {
  return [id, { id, hook, event, operation }];
}

function copiedEvent({ id, hooked: { hook }, operation }: CopiedEvent): [string, WrittenEvent] {
  return [id, { id, hook: hook.name, event: eventName(hook, operation), operation }];
}
