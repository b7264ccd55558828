import { monotonicMs } from '../../base/clock';
import { ExpiringMap } from '../../base/expiring-map';
import { grouped } from '../../base/grouped';
import type { CurrentEvents, CurrentRow } from '../../capture/statement/current-events';
import { UnreadableRowsError } from '../../capture/statement/hook-tables';
import { StatementTimeoutError } from '../../errors/attach-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { Hook } from '../../hook/hook';
import { keyFields } from '../../hook/key-fields';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import { Seldom } from '../../logging/seldom';
import type { StoredCondition } from '../../match/operand';
import type { AttemptOptions } from '../../options/delivery';
import type { EventRow } from '../../store/events';
import { isLocked, isLost } from '../../store/retrying';
import type { Store } from '../../store/store';
import { type AttemptRecord, type PendingDelivery, unattempted } from '../attempt/pending';
import type { Outcome } from '../chunk/outcome';
import type { Handlers } from '../handler/handlers';
import { outcomeNow, UNDECIDED_MS } from './outcome-now';

export interface RecheckParts {
  readonly current: Pick<CurrentEvents, 'of'>;
  readonly store: { readonly filters: Pick<Store['filters'], 'read'> };
  readonly catalog: HookCatalog;
  readonly handlers: Pick<Handlers, 'find'>;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** A late try. */
type Late = PendingDelivery & { readonly late: EventRow };

/** While the database is in trouble, deliveries wait for this time. */
const TROUBLE_MS = 1_000;
const MINUTE_MS = 60_000;
const MAX_REMEMBERED = 1_000;

/**
 * Checks before late tries whether rows are still such that their listeners want the events (option `recheck`). All rows of one hook are
 * read by one statement, before the first of the deliveries is tried.
 */
export class Recheck {
  readonly #errors = new Seldom(MINUTE_MS);
  /** Hooks whose rows could not be read a moment ago, by name. */
  readonly #troubled = new ExpiringMap<string, true>(MAX_REMEMBERED);
  #lastRead: Promise<unknown> = Promise.resolve();
  /** Names of hooks. */
  readonly #warned = new Set<string>();

  constructor(
    private readonly parts: RecheckParts,
    /** The attachment's. */
    private readonly options: Pick<AttemptOptions, 'recheck'>,
  ) {}

  /** Warns of hooks for which the option of the attachment does not hold. */
  review(): void {
    for (const hook of this.parts.catalog.list())
      if (this.options.recheck && hook.declared.delivery?.recheck !== false) this.#canRead(hook);
  }

  /** The same deliveries; those that are not tried now as records. Rejects if our tables cannot be read. */
  async applied(
    pending: readonly (PendingDelivery | AttemptRecord)[],
  ): Promise<readonly (PendingDelivery | AttemptRecord)[]> {
    const late = pending.filter((one) => this.#isRechecked(one));
    if (late.length === 0) return pending;
    const outcomes = await this.#outcomes(late);
    return pending.map((one) => {
      const outcome = outcomes.get(one.deliveryId);
      return outcome && 'recipient' in one ? unattempted(one, outcome) : one;
    });
  }

  #isRechecked(one: PendingDelivery | AttemptRecord): one is Late {
    if (!('recipient' in one) || !one.late || !this.#isWanted(one)) return false;
    // A delivery that is refused in any case has a better reason.
    if (!one.recipient.active || one.recipient.unreadable) return false;
    return this.#canRead(one.hook);
  }

  /** Whether events of a hook name their rows. A hook whose events do not is warned of once; a defined hook has no rows. */
  #canRead(hook: Hook): boolean {
    if (keyFields(hook) !== null) return true;
    if (hook.metadata && !this.#warned.has(hook.name)) {
      this.#warned.add(hook.name);
      this.parts.logger.warn(unnamed(hook));
    }
    return false;
  }

  /** The nearest value counts. What is stored may be anything, even null. */
  #isWanted({ recipient, target, hook }: PendingDelivery): boolean {
    const stored: AttemptOptions | null = recipient.delivery;
    const own: unknown = stored?.recheck;
    if (typeof own === 'boolean') return own;
    const handler = target.kind === 'handler' ? this.parts.handlers.find(target.name) : undefined;
    const outer = hook.declared.delivery?.recheck ?? this.options.recheck ?? false;
    return handler?.options.recheck ?? outer;
  }

  async #outcomes(late: readonly Late[]): Promise<ReadonlyMap<string, Outcome>> {
    const listenerIds = [...new Set(late.map(({ recipient }) => recipient.id))];
    const filters = await this.parts.store.filters.read(listenerIds);
    const matches = new Map(filters.map(({ id, match }) => [id, match]));
    const outcomes = new Map<string, Outcome>();
    for (const [hook, own] of grouped(late, (one) => one.hook)) {
      const rows = await this.#rowsOf(hook, own);
      for (const one of own) {
        // The columns hold only what validation accepted.
        const match = (matches.get(one.recipient.id) ?? []) as readonly StoredCondition[];
        const outcome = this.#outcome(one, match, rows.get(one.event.id));
        if (outcome) outcomes.set(one.deliveryId, outcome);
      }
    }
    return outcomes;
  }

  /** One read at a time: a table that is locked or slow must not take all connections of the engine. */
  #rowsOf(hook: Hook, late: readonly Late[]): Promise<ReadonlyMap<string, CurrentRow>> {
    const events = new Map(late.map((one) => [one.late.id, one.late]));
    const rows = this.#lastRead.then(() => this.#read(hook, [...events.values()]));
    this.#lastRead = rows;
    return rows;
  }

  /** Nothing while the database is in trouble with the table. */
  async #read(hook: Hook, events: readonly EventRow[]): Promise<ReadonlyMap<string, CurrentRow>> {
    if (this.#troubled.has(hook.name)) return new Map();
    const rows = await this.parts.current.of(hook, events);
    if ([...rows.values()].some((row) => row.kind === 'unreadable' && isTrouble(row.error)))
      this.#troubled.set(hook.name, true, monotonicMs() + TROUBLE_MS);
    return rows;
  }

  #outcome(
    { hook, event, late: stored }: Late,
    match: readonly StoredCondition[],
    now: CurrentRow | undefined,
  ): Outcome | null {
    if (!now) return { kind: 'waiting', afterMs: TROUBLE_MS, reason: UNREAD };
    if (now.kind === 'unreadable') return this.#unreadable(hook, now.error);
    const deleteDate = hook.metadata?.deleteDateColumn?.propertyPath ?? null;
    try {
      return outcomeNow({ event, stored, match, deleteDate }, now, this.parts.catalog);
    } catch (error) {
      // Stored conditions that have no known form: other deliveries must not wait for them.
      return this.#unreadable(hook, error);
    }
  }

  /** It is never sent unchecked. */
  #unreadable({ name }: Hook, error: unknown): Outcome {
    if (this.#errors.isDue(name)) this.parts.logger.error(...unreadable(name, error));
    const afterMs = isTrouble(error) ? TROUBLE_MS : UNDECIDED_MS;
    return { kind: 'waiting', afterMs, reason: UNREAD };
  }
}

const UNREAD = 'its row could not be read to check the filters again';

/** What passes by itself. */
function isTrouble(error: unknown): boolean {
  return isLost(error) || isLocked(error) || error instanceof StatementTimeoutError;
}

function unreadable(
  hook: string,
  error: unknown,
): readonly [string, Readonly<Record<string, unknown>>] {
  const why = error instanceof UnreadableRowsError ? `: ${error.message}` : '';
  return [
    `Deliveries of the hook "${hook}" wait, because rows cannot be read to check filters again${why}.`,
    { hook, error: loggable(error) },
  ];
}

function unnamed({ name }: Hook): string {
  return `The option \`recheck\` does not hold for the hook "${name}", because it does not provide its primary key.`;
}
