import type { Outcome } from '../chunk/outcome';
import type { OutcomeRecord } from '../chunk/outcome-record';

/** The longest delay of a delivery whose outcome was refused: the delay itself may be why. */
const LONGEST_MS = 86_400_000;

/** An outcome without everything that came from the recipient, because the database refuses it as it is. `code` is the database's. */
export function reduced(
  { outcome, attempted, ...record }: OutcomeRecord,
  code: string,
): OutcomeRecord {
  const reason = `the database refused to store the outcome (${code})`;
  return {
    ...record,
    outcome: reducedOutcome(outcome, reason),
    attempted: attempted && { ...attempted, response: null, detail: null },
  };
}

function reducedOutcome(outcome: Outcome, reason: string): Outcome {
  switch (outcome.kind) {
    case 'done':
    case 'failed':
    case 'skipped':
      return { kind: outcome.kind, reason };
    case 'retrying':
    case 'rescheduled':
    case 'waiting':
      return { kind: outcome.kind, afterMs: Math.min(outcome.afterMs, LONGEST_MS), reason };
  }
}
