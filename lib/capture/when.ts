import type { Operation } from '../hook/operation';
import type { WhenCondition } from '../hook/when';
import { type JsonRecord, sameJson } from '../json';
import { type Subject, satisfies } from '../match/matches';

/** The values that conditions judge, by path. A field that the class has not is left out. */
export interface Judged {
  readonly operation: Operation;
  /** The new values; the old ones of a removed row. */
  readonly now: JsonRecord;
  /** Null on insert and remove. */
  readonly before: JsonRecord | null;
}

/** Whether a row satisfies all of these conditions. */
export function meets(conditions: readonly WhenCondition[], judged: Judged): boolean {
  return conditions.every(({ field, matcher }) =>
    satisfies(matcher, subject(field.path, judged), field.kind),
  );
}

function subject(path: string, { operation, now, before }: Judged): Subject {
  const value = now[path];
  if (operation === 'insert') return { value, before: undefined, isNew: true, changed: true };
  if (operation === 'remove') return { value, before: value, isNew: false, changed: false };
  const old = before?.[path];
  return { value, before: old, isNew: false, changed: !sameJson(value, old) };
}
