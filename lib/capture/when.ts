import { type JsonRecord, sameJson } from '../base/json';
import type { Operation } from '../hook/operation';
import { subjectOf } from '../hook/subject';
import type { WhenCondition } from '../hook/when';
import { satisfies } from '../match/matches';

/** The values that conditions are evaluated on, by path. A field that the class does not have is left out. */
export interface ChangedValues {
  readonly operation: Operation;
  /** The new values; the old ones of a removed row. */
  readonly now: JsonRecord;
  /** Null on insert and remove. */
  readonly before: JsonRecord | null;
}

/** Whether a row satisfies all of these conditions. */
export function meets(
  conditions: readonly WhenCondition[],
  { operation, now, before }: ChangedValues,
): boolean {
  const previous = before ?? {};
  const paths = conditions.map(({ field }) => field.path);
  const changed = paths.filter((path) => !sameJson(now[path], previous[path]));
  return conditions.every(({ field, matcher }) => {
    const subject = subjectOf({ operation, data: now, previous, changed }, field);
    return satisfies(matcher, subject, field.kind);
  });
}
