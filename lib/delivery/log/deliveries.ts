import { validate as isUuid } from 'uuid';
import { DeliveryNotFoundError } from '../../errors/delivery-errors';
import type { BulkResult } from '../../options/bulk';
import { checkedOptions } from '../../options/checked';
import {
  criterion,
  DATE,
  oneOf,
  type Shape,
  STORABLE,
  TEXT,
  wholeNumberFrom,
} from '../../options/rules';
import {
  DELIVERY_STATUSES,
  type DeliveryRow,
  type DeliveryStatus,
  type PageConditions,
} from '../../store/deliveries';
import type { Store } from '../../store/store';
import { deliveryId } from '../chunk/chunk';
import type { Wakeup } from '../chunk/wakeup';
import {
  type Delivery,
  type DeliveryWithAttempts,
  onlyAttempt,
  type ShownRequest,
  toAttempt,
  toDelivery,
} from './delivery';
import type { Prune, PruneOptions } from './prune';
import type { Replay, ReplayOptions } from './replay';

export interface DeliveryWhere {
  /** A listener's id. */
  readonly listener?: string;
  /** An event's name or id. */
  readonly event?: string;
  /** Its status. */
  readonly status?: DeliveryStatus;
  /** Created then or later. */
  readonly since?: Date;
  /** Created before. */
  readonly until?: Date;
  /** 1 to 1,000. @defaultValue `100` */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface DeliveryPage {
  /** Newest first. */
  readonly items: readonly Delivery[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const DEFAULT_PAGE_SIZE = 100;

/** The log of deliveries: `hooks.deliveries`. */
export class Deliveries {
  constructor(
    private readonly store: Store,
    private readonly wakeup: Pick<Wakeup, 'due'>,
    private readonly parts: {
      readonly replay: Pick<Replay, 'run'>;
      readonly prune: Pick<Prune, 'run'>;
      readonly request: (row: DeliveryRow) => Promise<ShownRequest | null>;
    },
  ) {}

  /**
   * Rejects with `OPTION_INVALID` for an unknown name or a value that is not valid, also for a condition that is `undefined`: a variable that
   * was not set must not find the deliveries of all listeners.
   */
  async find(given: DeliveryWhere = {}): Promise<DeliveryPage> {
    const { limit = DEFAULT_PAGE_SIZE, ...where } = checkedOptions(given, WHERE_SHAPE);
    const { listener, event, status, since, until, cursor } = where;
    const conditions = { listener, event, status, since, until, cursor };
    const rows = await this.#page(conditions, limit + 1);
    const items = rows.slice(0, limit).map(toDelivery);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? await this.store.deliveries.cursorAfter(last) : null };
  }

  /** An event has one delivery for a listener at most, which is found by its id however many others both have. */
  async #page(conditions: PageConditions, limit: number): Promise<readonly DeliveryRow[]> {
    const { deliveries } = this.store;
    const { event, listener } = conditions;
    if (event !== undefined && isUuid(event) && listener !== undefined && isUuid(listener)) {
      const only = await deliveries.page({ ...conditions, id: deliveryId(event, listener) }, limit);
      if (only.length > 0) return only;
    }
    return deliveries.page(conditions, limit);
  }

  /** The delivery with its attempts, first to last. Null if it does not exist. */
  async get(id: string): Promise<DeliveryWithAttempts | null> {
    if (!isUuid(id)) return null;
    const row = await this.store.deliveries.get(id);
    if (!row) return null;
    const rows = await this.store.deliveries.attempts(id);
    const attempts = rows.length > 0 ? rows.map(toAttempt) : onlyAttempt(row);
    return { ...toDelivery(row), attempts };
  }

  /**
   * The request of the delivery, made again from what is stored now: the event, today's `provides`, and the listener's URL and secret. The
   * request of a batch is shown with this event alone. Null if the delivery, its event or its listener is not stored any more, if the
   * listener has a handler, or if this process cannot read the event.
   *
   * @example
   * const request = await hooks.deliveries.request('a delivery id');
   */
  async request(id: string): Promise<ShownRequest | null> {
    const row = isUuid(id) ? await this.store.deliveries.get(id) : undefined;
    return row ? this.parts.request(row) : null;
  }

  /**
   * Sends the same delivery again, soon: same id, next attempt number, all its retries. A delivery that is being sent at the moment is not
   * sent a second time. Rejects with `DELIVERY_NOT_FOUND`.
   */
  async retry(id: string): Promise<void> {
    if (!isUuid(id) || !(await this.store.deliveries.retry(id)))
      throw new DeliveryNotFoundError(id);
    this.wakeup.due();
  }

  /**
   * Sends ended deliveries again, as `retry` does, the oldest first and in batches: each batch is one transaction. With `newId`, each is
   * sent as a new event instead. Deliveries whose event was pruned are left out and not counted. Rejects with `OPTION_INVALID`.
   *
   * @example
   * const { count, cursor } = await hooks.deliveries.replay({ status: 'failed', maxPerSecond: 100 });
   */
  async replay(options: ReplayOptions = {}): Promise<BulkResult> {
    return this.parts.replay.run(options);
  }

  /**
   * Deletes old deliveries that have ended, and then old events whose deliveries have all ended, in batches. The same happens in the
   * background, as `retention` says. Rejects with `OPTION_INVALID`.
   *
   * @example
   * const { count } = await hooks.deliveries.prune({ deliveriesMs: 7 * 86_400_000 });
   */
  async prune(options: PruneOptions = {}): Promise<BulkResult> {
    return this.parts.prune.run(options);
  }
}

const WHERE_SHAPE: Shape<DeliveryWhere> = {
  listener: criterion(STORABLE),
  event: criterion(STORABLE),
  status: criterion(oneOf(...DELIVERY_STATUSES)),
  since: criterion(DATE),
  until: criterion(DATE),
  limit: wholeNumberFrom(1, 1_000),
  cursor: TEXT,
};
