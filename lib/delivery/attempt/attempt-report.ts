import type { Reporter } from '../../logging/reports';
import type { AttemptRecord } from './pending';

/** Reports an attempt, unless nothing was sent. */
export function reportAttempt(
  reporter: Pick<Reporter, 'isHeard' | 'emit'>,
  { attempted, deliveryId, eventId, hook, event, listenerId, state, outcome }: AttemptRecord,
): void {
  if (!attempted || !reporter.isHeard('attempt')) return;
  reporter.emit('attempt', {
    deliveryId,
    eventId,
    hook,
    event,
    listenerId,
    status: outcome.kind,
    attempt: state.attempt,
    httpStatus: attempted.httpStatus,
    durationMs: attempted.durationMs,
  });
}
