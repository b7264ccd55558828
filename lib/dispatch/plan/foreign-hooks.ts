import { monotonicMs } from '../../base/clock';
import type { HookCatalog } from '../../hook/catalog';
import type { Logger } from '../../logging/logger';
import { Seldom } from '../../logging/seldom';
import type { HeldBuffers } from '../../store/buffers';
import type { KnownHook } from '../../store/events';
import type { Store } from '../../store/store';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Events of one hook that are changed or deleted in one statement. */
const BATCH = 1_000;

export interface ForeignHooksParts {
  readonly store: Pick<Store, 'foreign' | 'buffers'>;
  readonly catalog: Pick<HookCatalog, 'all'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** The buffers of this process. */
  readonly buffers: { readonly held: HeldBuffers };
}

export interface ForeignHooksOptions {
  readonly leaseMs: number;
  /** How long an event is left to processes that know all of its fields. */
  readonly patienceMs: number;
  /** How long events are kept; 0 keeps them for ever. */
  readonly eventsMs: number;
}

/**
 * Looks after events that this process leaves to others. Those with other fields than their hook has here are planned after a while all
 * the same. Those of hooks that are not attached here are reported, and deleted if no process has written any for very long.
 */
export class ForeignHooks {
  readonly #seldom = new Seldom(HOUR_MS);
  /**
   * On the clock that is never set. Hooks that the application defines after attaching are not foreign: a lease later it has done so.
   */
  #nextCheckAt: number;

  constructor(
    private readonly parts: ForeignHooksParts,
    private readonly options: ForeignHooksOptions,
  ) {
    this.#nextCheckAt = monotonicMs() + options.leaseMs;
  }

  async sweep(): Promise<void> {
    const hooks = this.parts.catalog.all();
    await this.#releaseAbandoned();
    await this.#adopt(hooks);
    if (monotonicMs() < this.#nextCheckAt) return;
    this.#nextCheckAt = monotonicMs() + MINUTE_MS;
    if (await this.#prune(hooks)) this.#nextCheckAt = monotonicMs();
    await this.#report(hooks);
  }

  /** Events of buffers whose processes died, and of those of this process that ended long ago. */
  async #releaseAbandoned(): Promise<void> {
    const { store, logger, buffers } = this.parts;
    const { held } = buffers;
    await store.buffers.releaseLeft(held);
    const count = await store.buffers.releaseAbandoned(held.processId);
    if (count > 0)
      logger.warn('Buffered events are sent whose process has died, or has lost the database.', {
        count,
      });
  }

  async #adopt(hooks: readonly KnownHook[]): Promise<void> {
    const { store, logger } = this.parts;
    const old = { ageMs: this.options.patienceMs, limit: BATCH };
    for (const { hook, count } of await store.foreign.adopt(hooks, old))
      logger.warn(
        `Events of hook "${hook}" hold other fields than this process provides, and no process that provides them took them. They are planned by the fields that this process knows.`,
        { hook, count },
      );
  }

  /** Returns whether there may be more. */
  async #prune(hooks: readonly KnownHook[]): Promise<boolean> {
    const { store, logger } = this.parts;
    const { eventsMs } = this.options;
    if (eventsMs === 0) return false;
    const pruned = await store.foreign.prune(hooks, { ageMs: eventsMs, limit: BATCH });
    for (const { hook, count } of pruned)
      logger.warn(
        `Events of hook "${hook}" were deleted unsent: no process has attached the hook for longer than retention.eventsMs.`,
        { hook, count },
      );
    return pruned.some(({ count }) => count >= BATCH);
  }

  /** Events that another process will take within moments are not worth a warning. */
  async #report(hooks: readonly KnownHook[]): Promise<void> {
    const { store, logger } = this.parts;
    for (const { hook, events, age_ms } of await store.foreign.count(hooks))
      if (age_ms >= this.options.patienceMs && this.#seldom.isDue(hook))
        logger.warn(
          `Events of hook "${hook}" are not planned: no process took them that attaches this hook and can read them.`,
          { hook, events },
        );
  }
}
