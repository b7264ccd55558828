import type { Chunk } from '../chunk/chunk';
import { type Loaded, type LoadedDelivery, nameOf, outcomeWithoutEvent } from '../chunk/loading';
import type { Outcome } from '../chunk/outcome';
import type { AttemptRecord, PendingDelivery } from './attempt';

/** What is to be sent of a loaded delivery, or its outcome where nothing is. */
export function pendingOf(
  chunk: Chunk,
  loaded: Loaded,
  delivery: LoadedDelivery,
): PendingDelivery | AttemptRecord {
  const found = loaded.events.get(delivery.eventId);
  const recipient = loaded.recipients.get(delivery.listenerId);
  if (found?.kind === 'readable' && recipient) {
    const { event, hook } = found;
    const { deliveryId, state, ordered } = delivery;
    return { chunk, deliveryId, event, hook, recipient, state, ordered };
  }
  return {
    ...delivery,
    chunk,
    event: nameOf(found),
    outcome: recipient ? outcomeWithoutEvent(found) : REMOVED,
    attempted: null,
    effect: {},
  };
}

const REMOVED: Outcome = { kind: 'skipped', reason: 'the listener was removed' };
