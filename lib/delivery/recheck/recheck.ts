import { grouped } from '../../base/grouped';
import {
  type CurrentEvents,
  type CurrentRow,
  UnreadableRowsError,
} from '../../capture/current-events';
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
import { isLost } from '../../store/retrying';
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

/**
 * Checks before late tries whether rows are still such that their listeners want the events (option `recheck`). All rows of one hook are
 * read by one statement, before the first of the deliveries is tried.
 */
export class Recheck {
  readonly #errors = new Seldom(MINUTE_MS);
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

  /** The nearest value counts. Stored options may be of another release. */
  #isWanted({ recipient, target, hook }: PendingDelivery): boolean {
    const own: unknown = recipient.delivery.recheck;
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
        const outcome = this.#outcome(one, match, rows.get(one.event.id) ?? { kind: 'unknown' });
        if (outcome) outcomes.set(one.deliveryId, outcome);
      }
    }
    return outcomes;
  }

  #rowsOf(hook: Hook, late: readonly Late[]): Promise<ReadonlyMap<string, CurrentRow>> {
    const events = new Map(late.map((one) => [one.late.id, one.late]));
    return this.parts.current.of(hook, [...events.values()]);
  }

  #outcome(
    { hook, event, late: stored }: Late,
    match: readonly StoredCondition[],
    now: CurrentRow,
  ): Outcome | null {
    if (now.kind === 'unreadable') return this.#unreadable(hook, now.error);
    const deleteDate = hook.metadata?.deleteDateColumn?.propertyPath ?? null;
    return outcomeNow({ event, stored, match, deleteDate }, now, this.parts.catalog);
  }

  /** It is never sent unchecked. */
  #unreadable({ name }: Hook, error: unknown): Outcome {
    const reason = 'its row could not be read to check the filters again';
    const isTrouble = isLost(error) || error instanceof StatementTimeoutError;
    if (isTrouble) return { kind: 'waiting', afterMs: TROUBLE_MS, reason };
    if (this.#errors.isDue(name)) this.parts.logger.error(...unreadable(name, error));
    return { kind: 'waiting', afterMs: UNDECIDED_MS, reason };
  }
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
