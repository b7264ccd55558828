import { v7 as uuidv7 } from 'uuid';
import type { Logger } from '../../logging/logger';
import {
  type Batch,
  BULK_DEFAULTS,
  BULK_SHAPE,
  type BulkOptions,
  type BulkResult,
  inBatches,
  RATE,
} from '../../options/bulk';
import { checkedOptions } from '../../options/checked';
import { BOOLEAN, criterion, DATE, oneOf, type Shape, STORABLE } from '../../options/rules';
import { bulkCursor, bulkMembers, isPageCursor } from '../../store/cursor';
import { type DeliveryRow, ENDED_STATUSES } from '../../store/deliveries';
import type { Store } from '../../store/store';
import { deliveryId } from '../chunk/chunk';
import type { Wakeup } from '../chunk/wakeup';
import { DeliveryPages } from './delivery-pages';

/** Which ended deliveries are sent again, and how. */
export interface ReplayOptions extends BulkOptions {
  /** A listener's id. Left out: those of all listeners. */
  readonly listener?: string;
  /** Only deliveries of the listeners that have this owner now. Left out: of any owner or none. */
  readonly owner?: string;
  /** Created then or later. */
  readonly since?: Date;
  /** Created before. Left out: before the replay began. */
  readonly until?: Date;
  /** How they ended. Left out: in any way. */
  readonly status?: (typeof ENDED_STATUSES)[number];
  /** Send each as a new event, for its listener only, under new ids. @defaultValue `false` */
  readonly newId?: boolean;
  /** The most deliveries that are stored in a second on average. Left out: no limit. */
  readonly maxPerSecond?: number;
}

export const REPLAY_DEFAULTS = { newId: false } as const satisfies ReplayOptions;

const REPLAY_SHAPE: Shape<ReplayOptions> = {
  ...BULK_SHAPE,
  maxPerSecond: RATE,
  listener: criterion(STORABLE),
  owner: criterion(STORABLE),
  since: criterion(DATE),
  until: criterion(DATE),
  status: criterion(oneOf(...ENDED_STATUSES)),
  newId: BOOLEAN,
};

export interface ReplayParts {
  readonly store: Store;
  readonly wakeup: Pick<Wakeup, 'due'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** This process, as the rows of its events name it. */
  readonly process: { readonly id: string };
}

/** Where a replay goes on. */
interface Place {
  /** The page cursor of the last delivery that was looked at. Null at the beginning. */
  readonly after: string | null;
  /** Only deliveries that were created before, in milliseconds since the epoch. What a replay makes is not replayed. */
  readonly untilMs: number;
}

type Filter = Pick<ReplayOptions, 'listener' | 'owner' | 'since' | 'status' | 'newId'>;

/** Sends ended deliveries again, the oldest first, in batches of one transaction each. */
export class Replay {
  readonly #pages: DeliveryPages;

  constructor(private readonly parts: ReplayParts) {
    this.#pages = new DeliveryPages(parts.store);
  }

  async run(given: ReplayOptions): Promise<BulkResult> {
    const { logger } = this.parts;
    const options = checkedOptions(given, REPLAY_SHAPE);
    const start = await this.#start(options);
    const step = (place: Place, size: number) => this.#step(options, place, size);
    return inBatches({ start, step, cursorOf, logger }, options);
  }

  async #start({ cursor = BULK_DEFAULTS.cursor, until }: ReplayOptions): Promise<Place> {
    const lastMs = until?.getTime() ?? Number.POSITIVE_INFINITY;
    const known = cursor === null ? null : placeOf(cursor);
    const beganMs = known?.untilMs ?? Math.floor(await this.parts.store.bulk.nowMs());
    return { after: known?.after ?? null, untilMs: Math.min(beganMs, lastMs) };
  }

  async #step(filter: Filter, { after, untilMs }: Place, size: number): Promise<Batch<Place>> {
    const { listener, owner, since, status } = filter;
    const conditions = {
      listener,
      ...(owner !== undefined && { owner }),
      event: undefined,
      since,
      until: new Date(untilMs),
      cursor: after ?? undefined,
      isOldestFirst: true,
      ...(status === undefined ? { statuses: ENDED_STATUSES } : { status }),
    };
    const { rows, nextCursor } = await this.#pages.page(conditions, size);
    const newId = filter.newId ?? REPLAY_DEFAULTS.newId;
    const count = await this.#sendAgain(rows.filter(hasEnded), newId);
    if (count > 0) this.parts.wakeup.due();
    return { count, place: nextCursor === null ? null : { after: nextCursor, untilMs } };
  }

  async #sendAgain(rows: readonly DeliveryRow[], newId: boolean): Promise<number> {
    if (rows.length === 0) return 0;
    const { store, process } = this.parts;
    if (!newId) return store.bulk.again(rows.map(({ id }) => id));
    const renewed = rows.map(({ id, listener_id }) => {
      const newEventId = uuidv7();
      return { id, newEventId, newId: deliveryId(newEventId, listener_id) };
    });
    return store.transaction(async ({ bulk, turns }) => {
      const deliveries = await bulk.copied(renewed, process.id);
      await turns.queue(deliveries);
      return deliveries.length;
    });
  }
}

function hasEnded({ status, next_at, chunk_id }: DeliveryRow & { readonly chunk_id?: unknown }) {
  const isEnded = ENDED_STATUSES.some((one) => one === status);
  return isEnded && next_at === null && (chunk_id ?? null) === null;
}

const KIND = 'replay';

function cursorOf({ after, untilMs }: Place): string {
  return bulkCursor(KIND, [after, untilMs]);
}

function placeOf(cursor: string): Place {
  const [after, untilMs] = bulkMembers(cursor, KIND, isPlace);
  return { after, untilMs };
}

function isPlace(members: readonly unknown[]): members is [string | null, number] {
  const [after, untilMs, ...others] = members;
  if (others.length > 0 || (after !== null && !isPageCursor(after))) return false;
  return typeof untilMs === 'number' && !Number.isNaN(new Date(untilMs).getTime());
}
