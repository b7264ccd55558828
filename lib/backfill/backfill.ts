import type { DataSource } from 'typeorm';
import { storable } from '../base/json';
import { copied, evaluated } from '../capture/functions';
import { toEvent } from '../capture/outbox/event-row';
import { newEventRow } from '../capture/outbox/outbox';
import type { SizeLimits } from '../capture/outbox/size-limits';
import { UnreadableRowsError } from '../capture/statement/hook-tables';
import { type ExistingRow, RowPages } from '../capture/statement/row-pages';
import { deliveryId } from '../delivery/chunk/chunk';
import type { Wakeup } from '../delivery/chunk/wakeup';
import { BackfillRefusedError } from '../errors/listener-errors';
import type { HookCatalog } from '../hook/catalog';
import { backfillName } from '../hook/event';
import type { Hook } from '../hook/hook';
import type { Listener } from '../listener/declared/listener';
import { wants } from '../listener/matching/checks';
import { type SavedListeners, unknownListener } from '../listener/saved/saved-listeners';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import {
  BACKFILL_SHAPE,
  type BackfillOptions,
  type Batch,
  BULK_DEFAULTS,
  type BulkResult,
  inBatches,
} from '../options/bulk';
import { checkedOptions } from '../options/checked';
import { bulkCursor, bulkMembers, foreignCursor } from '../store/cursor';
import type { NewEventRow } from '../store/event-insert';
import type { Store } from '../store/store';
import { coarseSql } from './coarse-sql';

export interface BackfillParts {
  readonly dataSource: DataSource;
  readonly catalog: HookCatalog;
  readonly store: Store;
  readonly saved: Pick<SavedListeners, 'one'>;
  readonly wakeup: Pick<Wakeup, 'due'>;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly limits: SizeLimits;
  readonly onCaptureError: 'throw' | 'log';
  /** This process, as the rows of its events name it. */
  readonly process: { readonly id: string };
}

/** Texts of the primary key of the row that was looked at last. Null at the beginning. */
interface Place {
  readonly key: readonly string[] | null;
}

/** Rows that one statement reads. */
const PAGE_SIZE = 500;

/** Sends the rows that exist now to one listener, in the order of their primary keys. */
export class Backfill {
  constructor(private readonly parts: BackfillParts) {}

  async run(id: string, given: BackfillOptions): Promise<BulkResult> {
    const { dataSource, catalog, store, logger } = this.parts;
    const options = checkedOptions(given, BACKFILL_SHAPE);
    const hook = this.#hookOf(await this.#listener(id));
    const pages = new RowPages(dataSource, catalog, store.ofApplication);
    const { cursor = BULK_DEFAULTS.cursor } = options;
    const start = { key: cursor === null ? null : keyIn(cursor, id, pages.keyLength(hook)) };
    return inBatches<Place>(
      {
        start,
        step: async (place, size) => {
          try {
            return await this.#step(await this.#listener(id), pages, place, size);
          } catch (error) {
            throw place === start && start.key && isBadValue(error) ? foreignCursor() : error;
          }
        },
        cursorOf: ({ key }) => bulkCursor(KIND, [id, ...(key ?? [])]),
        logger,
      },
      options,
    );
  }

  async #listener(id: string): Promise<Listener> {
    const stored = await this.parts.saved.one(this.parts.store, id);
    if (!stored) throw unknownListener(id);
    return stored.listener;
  }

  #hookOf({ id, hook: name, active }: Listener): Hook {
    if (name === null)
      throw new BackfillRefusedError(id, 'it has a pattern of event names and no hook');
    if (!active) throw new BackfillRefusedError(id, 'it is not active');
    const hook = this.parts.catalog.get(name);
    if (!hook.metadata) throw new BackfillRefusedError(id, `its hook "${name}" has no entity`);
    return hook;
  }

  async #step(
    listener: Listener,
    pages: RowPages,
    { key }: Place,
    size: number,
  ): Promise<Batch<Place>> {
    const hook = this.#hookOf(listener);
    const rows = await this.#read(listener, hook, pages, key);
    const wanted: NewEventRow[] = [];
    let last = key;
    for (const existing of rows) {
      last = existing.row.id;
      const event = this.#event(listener, existing);
      if (event) wanted.push(event);
      if (wanted.length === size) break;
    }
    await this.#store(listener, wanted);
    const isLast = rows.length < PAGE_SIZE && last === (rows.at(-1)?.row.id ?? key);
    return { count: wanted.length, place: isLast ? null : { key: last } };
  }

  async #read(
    { id, match, owner }: Listener,
    hook: Hook,
    pages: RowPages,
    after: readonly string[] | null,
  ): Promise<readonly ExistingRow[]> {
    try {
      return await pages.read(hook, {
        after,
        limit: PAGE_SIZE,
        conditions: (context, parameter) => coarseSql({ hook, match, owner }, context, parameter),
      });
    } catch (error) {
      if (!(error instanceof UnreadableRowsError)) throw error;
      throw new BackfillRefusedError(id, error.message, { cause: error });
    }
  }

  /** The event of a row; null if the hook leaves it out or the listener does not want it. */
  #event(listener: Listener, { row, hooked }: ExistingRow): NewEventRow | null {
    if (!hooked) return null;
    const { dataSource, catalog, limits, onCaptureError, logger } = this.parts;
    const { hook, needsRow } = hooked;
    try {
      const change = { hooked, operation: 'insert', row, before: null } as const;
      const ready = needsRow ? evaluated(dataSource, change) : copied(dataSource, change);
      if (!ready) return null;
      const event = {
        ...newEventRow({ ...ready, operation: null, targets: null }),
        event: backfillName(hook.name),
      };
      const sent = toEvent(dataSource, hook, { ...event, occurred_at: new Date(0) });
      if (!wants({ ...listener, operations: null, pattern: null }, sent, catalog)) return null;
      limits.check({ hook, data: event.data });
      return event;
    } catch (error) {
      if (onCaptureError === 'throw') throw error;
      logger.error('A row could not be read for a backfill; it is left out.', {
        hook: hook.name,
        error: loggable(error),
      });
      return null;
    }
  }

  /** The events, as planned, and their deliveries, in one transaction. */
  async #store({ id, ordered }: Listener, events: readonly NewEventRow[]): Promise<void> {
    if (events.length === 0) return;
    const { store, process, wakeup } = this.parts;
    await store.transaction(async ({ bulk, turns }) => {
      const sequences = await bulk.insertPlanned(events, process.id);
      const deliveries = events.map((event) => ({
        id: deliveryId(event.id, id),
        eventId: event.id,
        listenerId: id,
        event: event.event,
        rowId: ordered ? event.row_id : null,
        sequence: ordered ? (sequences.get(event.id) ?? null) : null,
      }));
      await turns.queue(deliveries);
    });
    wakeup.due();
  }
}

const KIND = 'backfill';

function keyIn(cursor: string, listener: string, length: number): readonly string[] | null {
  const isOwn = (members: readonly unknown[]): members is [string, ...string[]] =>
    members[0] === listener &&
    (members.length === 1 || members.length === length + 1) &&
    members.every((one) => typeof one === 'string' && one === storable(one));
  const [, ...key] = bulkMembers(cursor, KIND, isOwn);
  return key.length > 0 ? key : null;
}

/** Whether the database could not read a value, such as a key of another type. */
function isBadValue(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && /^22/.test(String(error.code))
  );
}
