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
import { DELIVERY_STATUSES, type DeliveryRow, type DeliveryStatus } from '../../store/deliveries';
import type { Store } from '../../store/store';
import type { Wakeup } from '../chunk/wakeup';
import {
  type Delivery,
  type DeliveryWithAttempts,
  onlyAttempt,
  type ShownRequest,
  toAttempt,
  toDelivery,
} from './delivery';
import { DeliveryPages, NO_CONDITIONS } from './delivery-pages';
import type { Prune, PruneOptions } from './prune';
import type { Replay, ReplayOptions } from './replay';

/** Criteria of `hooks.deliveries.find()`; a delivery must satisfy all of them. */
export interface DeliveryWhere {
  /** A listener's id. */
  readonly listener?: string;
  /** An event's name or id. */
  readonly event?: string;
  /** Its status. */
  readonly status?: DeliveryStatus;
  /**
   * Only deliveries of the listeners that have this owner now. For an owner with very many listeners, from some hundreds on, a page looks
   * at the newest 3,000 deliveries that fit the other criteria, so it may have fewer items than `limit`, or none, and still a `nextCursor`.
   */
  readonly owner?: string;
  /** Created then or later. */
  readonly since?: Date;
  /** Created before. */
  readonly until?: Date;
  /** 1 to 1,000. @defaultValue `100` */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

/** Whose delivery it must be. */
export interface OwnerWhere {
  /** The owner that its listener must have now. Left out: any or none. */
  readonly owner?: string;
}

/** A page of `hooks.deliveries.find()`. */
export interface DeliveryPage {
  /** Newest first. */
  readonly items: readonly Delivery[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const DEFAULT_PAGE_SIZE = 100;

/** The log of deliveries: `hooks.deliveries`. */
export class Deliveries {
  readonly #pages: DeliveryPages;

  constructor(
    private readonly store: Store,
    private readonly wakeup: Pick<Wakeup, 'due'>,
    private readonly parts: {
      readonly replay: Pick<Replay, 'run'>;
      readonly prune: Pick<Prune, 'run'>;
      readonly request: (row: DeliveryRow) => Promise<ShownRequest | null>;
    },
  ) {
    this.#pages = new DeliveryPages(store);
  }

  /**
   * Rejects with `OPTION_INVALID` for an unknown name or a value that is not valid, also for a condition that is `undefined`: a variable that
   * was not set must not find the deliveries of all listeners.
   */
  async find(given: DeliveryWhere = {}): Promise<DeliveryPage> {
    const { limit = DEFAULT_PAGE_SIZE, ...where } = checkedOptions(given, WHERE_SHAPE);
    const { rows, nextCursor } = await this.#pages.page({ ...NO_CONDITIONS, ...where }, limit);
    return { items: rows.map(toDelivery), nextCursor };
  }

  /**
   * The delivery with its attempts, first to last. Null if it does not exist, or if its listener does not have the given owner. Rejects
   * with `OPTION_INVALID`.
   *
   * @example
   * const delivery = await hooks.deliveries.get('a delivery id', { owner: 'acme' });
   */
  async get(id: string, where: OwnerWhere = {}): Promise<DeliveryWithAttempts | null> {
    const { owner } = checkedOptions(where, OWNER_SHAPE, { name: 'where' });
    if (!isUuid(id)) return null;
    const row = await this.store.deliveries.get(id, owner);
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
   * sent a second time. Rejects with `DELIVERY_NOT_FOUND`, also if its listener does not have the given owner, and with `OPTION_INVALID`.
   *
   * @example
   * await hooks.deliveries.retry('a delivery id', { owner: 'acme' });
   */
  async retry(id: string, where: OwnerWhere = {}): Promise<void> {
    const { owner } = checkedOptions(where, OWNER_SHAPE, { name: 'where' });
    if (!isUuid(id) || !(await this.store.deliveries.retry(id, owner)))
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

const OWNER_SHAPE: Shape<OwnerWhere> = { owner: criterion(STORABLE) };

const WHERE_SHAPE: Shape<DeliveryWhere> = {
  ...OWNER_SHAPE,
  listener: criterion(STORABLE),
  event: criterion(STORABLE),
  status: criterion(oneOf(...DELIVERY_STATUSES)),
  since: criterion(DATE),
  until: criterion(DATE),
  limit: wholeNumberFrom(1, 1_000),
  cursor: TEXT,
};
