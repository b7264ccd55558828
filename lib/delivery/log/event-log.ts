import { validate as isUuid } from 'uuid';
import type { EventReader } from '../../capture/outbox/event-reader';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { checkedOptions } from '../../options/checked';
import { criterion, DATE, type Shape, STORABLE, TEXT, wholeNumberFrom } from '../../options/rules';
import { bulkCursor, bulkMembers } from '../../store/cursor';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';

/** Which events to find: all members must hold. */
export interface EventWhere {
  /** An event's name. */
  readonly event?: string;
  /** The name of its hook. */
  readonly hook?: string;
  /** Its sender: the owner whose listeners get it. */
  readonly owner?: string;
  /** Occurred then or later. */
  readonly since?: Date;
  /** Occurred before. */
  readonly until?: Date;
  /** 1 to 1,000. @defaultValue `20` */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export const EVENT_PAGE_DEFAULTS = { limit: 20 } as const satisfies Pick<EventWhere, 'limit'>;

/** A page of `hooks.events.find()`. */
export interface EventPage {
  /** Newest first. */
  readonly items: readonly HookEvent[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const WHERE_SHAPE: Shape<EventWhere> = {
  event: criterion(STORABLE),
  hook: criterion(STORABLE),
  owner: criterion(STORABLE),
  since: criterion(DATE),
  until: criterion(DATE),
  limit: wholeNumberFrom(1, 1_000),
  cursor: TEXT,
};

const CURSOR = 'events';

/** Reads the stored events: `hooks.events`. */
export class EventLog {
  constructor(
    private readonly store: Pick<Store, 'eventLog'>,
    private readonly catalog: Pick<HookCatalog, 'all'>,
    private readonly reader: EventReader,
  ) {}

  /**
   * Finds events, the newest first, with the fields that their hooks provide today. There is no index for the criteria, so a page looks at
   * 10,000 events at most: it may have fewer items than `limit`, or none, and still a `nextCursor`. Left out are events whose hook is not
   * attached in this process, and those that cannot be read. Rejects with `OPTION_INVALID`, also for a criterion that is `undefined`.
   *
   * @example
   * const { items, nextCursor } = await hooks.events.find({ hook: 'person', since: new Date('2026-01-01') });
   */
  async find(given: EventWhere = {}): Promise<EventPage> {
    const { limit = EVENT_PAGE_DEFAULTS.limit, ...where } = checkedOptions(given, WHERE_SHAPE);
    const { event, hook, owner: sender, since, until, cursor } = where;
    const before = cursor === undefined ? undefined : idOf(cursor);
    const known = this.catalog.all().map(({ name }) => name);
    const hooks = known.filter((name) => hook === undefined || name === hook);
    if (hooks.length === 0) return { items: [], nextCursor: null };
    const conditions = { hooks, event, sender, since, until, before };
    const rows = await this.store.eventLog.page(conditions, limit + 1);
    const items = rows.slice(0, limit);
    const last =
      rows.length > limit ? items.at(-1)?.id : await this.store.eventLog.lastLookedAt(conditions);
    return { items: this.#readable(items), nextCursor: last ? bulkCursor(CURSOR, [last]) : null };
  }

  /**
   * The event, with the fields that its hook provides today. Null if it is not stored, if its hook is not attached in this process, or if
   * it cannot be read.
   *
   * @example
   * const event = await hooks.events.get('an event id');
   */
  async get(id: string): Promise<HookEvent | null> {
    if (!isUuid(id)) return null;
    const row = await this.reader.row(id);
    return row ? this.reader.readable(row) : null;
  }

  #readable(rows: readonly EventRow[]): readonly HookEvent[] {
    return rows.map((row) => this.reader.readable(row)).filter((event) => event !== null);
  }
}

function idOf(cursor: string): string {
  const [id] = bulkMembers(cursor, CURSOR, isPlace);
  return id;
}

function isPlace(members: readonly unknown[]): members is [string] {
  const [id, ...others] = members;
  return others.length === 0 && typeof id === 'string' && isUuid(id);
}
