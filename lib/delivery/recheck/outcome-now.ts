import type { CurrentRow } from '../../capture/statement/current-events';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { verdictOf } from '../../listener/matching/checks';
import type { StoredCondition } from '../../match/operand';
import type { EventRow } from '../../store/events';
import type { Outcome } from '../chunk/outcome';

/** A late try, with what decides whether it takes place. */
export interface LateTry {
  /** As it would be sent. */
  readonly event: HookEvent;
  readonly stored: EventRow;
  /** The conditions of the listener, as they are now. */
  readonly match: readonly StoredCondition[];
  /** The path of the delete date, if the entity has one. */
  readonly deleteDate: string | null;
}

/** What cannot be decided now is tried again after this time. */
export const UNDECIDED_MS = 30_000;

/**
 * The outcome of a late try that does not take place, because of its row as it is now; null if it takes place. Reasons name fields and no
 * values: owners of listeners may read them.
 */
export function outcomeNow(
  late: LateTry,
  now: Exclude<CurrentRow, { kind: 'unreadable' }>,
  catalog: HookCatalog,
): Outcome | null {
  if (now.kind === 'unknown') return null;
  const { event } = late;
  if (event.operation === 'remove')
    return now.kind === 'gone' ? matching(late, event, catalog) : skipped('the row exists again');
  if (now.kind === 'gone') return skipped('the row does not exist any more');
  return contradiction(late, now.isMarked) ?? matching(late, now.event, catalog);
}

/** A soft removal holds while the row is marked. Other changes count as undone when it is, unless it was marked then. */
function contradiction(
  { event: { operation }, stored, deleteDate }: LateTry,
  isMarked: boolean,
): Outcome | null {
  if (operation === 'softRemove')
    return isMarked ? null : skipped('the row is not soft-removed any more');
  const wasMarked = deleteDate !== null && (stored.data[deleteDate] ?? null) !== null;
  return isMarked && !wasMarked ? skipped('the row is soft-removed now') : null;
}

function matching(
  { match, stored }: LateTry,
  event: HookEvent,
  catalog: HookCatalog,
): Outcome | null {
  const fields = catalog.find(event.hook)?.fields;
  const unknownFields = new Set(Object.keys(stored.data).filter((path) => !fields?.has(path)));
  for (const condition of match) {
    // Conditions on one field are judged together.
    const ofField = match.filter(({ field }) => field === condition.field);
    const verdict = verdictOf({ ...ANYTHING, match: ofField }, event, { catalog, unknownFields });
    if (verdict === 'refuses')
      return skipped(`the row no longer matches the condition on "${condition.field}"`);
    if (verdict !== 'wants') {
      const reason = `a process that knows its condition on "${verdict.unjudged}" must judge it`;
      return { kind: 'waiting', afterMs: UNDECIDED_MS, reason };
    }
  }
  return null;
}

/** Hook, operation and owner are those of the event, and do not change. */
const ANYTHING = { hook: null, pattern: null, operations: null, owner: null, select: null };

function skipped(reason: string): Outcome {
  return { kind: 'skipped', reason };
}
