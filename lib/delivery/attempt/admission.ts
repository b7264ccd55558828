import { monotonicMs } from '../../base/clock';
import { handlerName } from '../../options/handler-ref';
import type { Handlers } from '../handler/handlers';
import type { Breakers, OriginSign } from '../origins/breakers';
import { type ClaimLimits, RestrainedListeners, type Restraints } from '../origins/restraints';
import type { TargetLanes } from '../origins/target-lanes';
import { Verdicts } from '../origins/verdicts';
import { unknownHandler } from './handler-calls';
import { type AttemptRecord, type PendingDelivery, unattempted } from './pending';

/** A delivery that goes back to the database is due again after this time, and any process may claim it. */
const GIVEN_BACK_MS = 1_000;

interface Postponement {
  readonly afterMs?: number;
  readonly reason: string;
}

export interface AdmissionParts {
  readonly lanes: Pick<TargetLanes, 'claimLimitOf' | 'markTimedOut' | 'markAnswered'>;
  readonly breakers: Breakers;
  readonly handlers: Pick<Handlers, 'find' | 'warnOfMissing'>;
}

/** Decides whether a delivery may be sent now, from what replies said about its listener and its origin. */
export class Admission implements ClaimLimits {
  readonly #verdicts: Verdicts;
  readonly #restrained: RestrainedListeners;

  constructor(
    private readonly parts: AdmissionParts,
    now = monotonicMs,
  ) {
    this.#verdicts = new Verdicts(now);
    this.#restrained = new RestrainedListeners(this, now);
  }

  /** Listeners for which this process should claim less at the moment, or nothing. */
  get restraints(): Restraints {
    return this.#restrained.restraints();
  }

  /** How many deliveries to this origin may be claimed at once; null: any number. */
  claimLimitOf(origin: string): number | null {
    const { lanes, breakers } = this.parts;
    if (this.#missingHandler(origin) !== null) return 0;
    const limits = [lanes.claimLimitOf(origin), breakers.claimLimitOf(origin)];
    const bounds = limits.filter((limit) => limit !== null);
    return bounds.length > 0 ? Math.min(...bounds) : null;
  }

  /** Forgets what replies said about these listeners: their rows were read at `readAt`. */
  forget(listenerIds: Iterable<string>, readAt: number): void {
    this.#verdicts.forget(listenerIds, readAt);
  }

  /** The record of a delivery that may not even wait for a place; null if it may. */
  refusalOf(delivery: PendingDelivery, origin: string): AttemptRecord | null {
    const refusal = this.#refusalByListener(delivery);
    if (refusal) return refusal;
    const missing = this.#missingHandler(origin);
    if (missing !== null) {
      this.parts.handlers.warnOfMissing(missing);
      return this.postpone(delivery, origin, unknownHandler(missing));
    }
    const afterMs = this.parts.breakers.openMs(origin);
    return afterMs === null ? null : this.postpone(delivery, origin, { afterMs, reason: FAILING });
  }

  /** The record of a delivery that has a place now but may not be sent; null if it may. */
  async refusalAtTurn(delivery: PendingDelivery, origin: string): Promise<AttemptRecord | null> {
    const refusal = this.#refusalByListener(delivery);
    if (refusal) return refusal;
    const { breakers } = this.parts;
    if (await breakers.mayTry(origin)) return null;
    const afterMs = breakers.openMs(origin) ?? GIVEN_BACK_MS;
    return this.postpone(delivery, origin, { afterMs, reason: FAILING });
  }

  /** The record of a delivery that goes back to the database because of its origin. */
  postpone(
    delivery: PendingDelivery,
    origin: string,
    { afterMs = GIVEN_BACK_MS, ...why }: Postponement,
  ): AttemptRecord {
    this.#restrained.addOrigin(delivery.recipient.id, origin);
    return unattempted(delivery, { ...why, kind: 'waiting', afterMs });
  }

  /** Learns from an attempt. What it says about the listener counts from now on, before anything is stored. */
  async learn(record: AttemptRecord, origin: string, sign: OriginSign | null): Promise<void> {
    this.#verdicts.add(record);
    const { lanes, breakers } = this.parts;
    if (sign === 'timedOut') lanes.markTimedOut(origin);
    if (sign === 'answered') lanes.markAnswered(origin);
    await breakers.record(origin, sign);
  }

  /** The name of the handler that an origin stands for, if this process does not know it; null otherwise. */
  #missingHandler(origin: string): string | null {
    const name = handlerName(origin);
    return name === null || this.parts.handlers.find(name) ? null : name;
  }

  #refusalByListener(delivery: PendingDelivery): AttemptRecord | null {
    const outcome = this.#verdicts.refusalOf(delivery.recipient);
    if (!outcome) return null;
    if (outcome.kind === 'waiting')
      this.#restrained.addPause(delivery.recipient.id, outcome.afterMs);
    return unattempted(delivery, outcome);
  }
}

const FAILING = 'the recipient failed too often in a row';
