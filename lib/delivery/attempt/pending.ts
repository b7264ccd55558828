import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import { concerns } from '../../hook/selection';
import { isTarget, parseTarget, type Target, type UrlTarget } from '../../listener/declared/target';
import type { EventRow } from '../../store/events';
import type { Chunk } from '../chunk/chunk';
import {
  type Loaded,
  type LoadedDelivery,
  type LoadedEvent,
  namesOf,
  outcomeWithoutEvent,
} from '../chunk/loading';
import type { DeliveryState, Outcome } from '../chunk/outcome';
import type { OutcomeRecord } from '../chunk/outcome-record';
import type { Recipient } from '../chunk/recipients';

/** One delivery of a chunk, with everything that an attempt needs. */
export interface PendingDelivery {
  readonly chunk: Chunk;
  readonly deliveryId: string;
  readonly event: HookEvent;
  readonly hook: Hook;
  readonly recipient: Recipient;
  readonly target: Target;
  readonly state: DeliveryState;
  /** The next delivery about the same row waits for this one. */
  readonly ordered: boolean;
  /** The event as it is stored, if it is a late try: the delivery was tried before, or has waited. */
  readonly late?: EventRow;
  /** Its values are samples. */
  readonly isTest?: boolean;
}

/** A delivery whose listener has a URL. */
export type UrlDelivery = PendingDelivery & { readonly target: UrlTarget };

/** A delivery whose listener has a handler. */
export type HandlerDelivery = PendingDelivery & {
  readonly target: Extract<Target, { kind: 'handler' }>;
};

export type AttemptRecord = Omit<OutcomeRecord, 'closes'>;

/** A loaded delivery as it can be sent, or its outcome if it cannot. */
export function pendingOf(
  chunk: Chunk,
  loaded: Loaded,
  delivery: LoadedDelivery,
): PendingDelivery | AttemptRecord {
  const found = loaded.events.get(delivery.eventId);
  const recipient = loaded.recipients.get(delivery.listenerId);
  const isSendable = recipient !== undefined && isTarget(recipient.target);
  if (found?.kind === 'readable' && isSendable) {
    const { event, hook, row, unknownFields } = found;
    const { deliveryId, state, ordered } = delivery;
    const target = parseTarget(recipient.target);
    const late = delivery.isLate && row ? { late: row } : {};
    const pending = { chunk, deliveryId, event, hook, recipient, target, state, ordered, ...late };
    // A field that this process does not know may have changed.
    const mayConcern = unknownFields !== undefined && unknownFields.size > 0;
    const isWanted = mayConcern || concerns(recipient.select, event);
    return isWanted ? pending : unattempted(pending, UNSELECTED);
  }
  return {
    ...delivery,
    chunk,
    ...namesOf(found),
    outcome: outcomeWithout(recipient, found),
    attempted: null,
    effect: {},
  };
}

/** An earlier release planned the delivery, or the selection or `provides` has changed since. */
const UNSELECTED = {
  kind: 'skipped',
  reason: 'the update changed none of the fields that the listener selects',
} as const satisfies Outcome;

function outcomeWithout(recipient: Recipient | undefined, found: LoadedEvent | undefined): Outcome {
  if (!recipient) return { kind: 'skipped', reason: 'the listener was removed' };
  if (!isTarget(recipient.target))
    return { kind: 'failed', reason: "the listener's target is neither a URL nor a handler" };
  return outcomeWithoutEvent(found);
}

/** The record of a delivery that is not sent, with this outcome. */
export function unattempted(delivery: PendingDelivery, outcome: Outcome): AttemptRecord {
  return { ...identity(delivery), state: delivery.state, outcome, attempted: null, effect: {} };
}

/** The record of a delivery whose request cannot be made. It fails: another attempt would fail in the same way. */
export function unsendable(delivery: PendingDelivery, error: unknown): AttemptRecord {
  const what = error instanceof Error ? error.name : typeof error;
  return unattempted(delivery, {
    kind: 'failed',
    reason: `the request could not be made (${what})`,
  });
}

/** What names a delivery in its record. */
export function identity({ chunk, deliveryId, event, recipient, ordered }: PendingDelivery) {
  return {
    chunk,
    deliveryId,
    eventId: event.id,
    hook: event.hook,
    event: event.name,
    listenerId: recipient.id,
    ordered,
  };
}

/** How often a delivery was tried after an attempt with this outcome. */
export function nextState(state: DeliveryState, { kind }: Outcome): DeliveryState {
  return {
    attempt: state.attempt + 1,
    retries: kind === 'retrying' ? state.retries + 1 : state.retries,
    reschedules: kind === 'rescheduled' ? state.reschedules + 1 : 0,
  };
}
