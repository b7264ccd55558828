import type { JsonValue } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { conditionField } from '../../hook/event-context';
import { isInteractive } from '../../hook/hook';
import { concerns, isSelected } from '../../hook/selection';
import { subjectOf } from '../../hook/subject';
import type { FieldKind } from '../../match/field-kind';
import type { StoredMatcher } from '../../match/matcher';
import { type Subject, satisfies } from '../../match/matches';
import type { StoredCondition } from '../../match/operand';
import type { WantedEvents } from '../declared/listener';
import { patternsOf } from '../declared/pattern';

/** An event and listeners that want it. */
export interface Match {
  readonly event: HookEvent;
  readonly listenerIds: readonly string[];
  /** Those of the listeners whose deliveries take turns. Left out: none. */
  readonly inTurn?: readonly ListenerInTurn[];
  /** Further listeners that may want it: this process cannot judge one of their conditions. Left out: none. */
  readonly unjudged?: readonly UnjudgedListener[];
}

export interface UnjudgedListener extends Pick<ListenerInTurn, 'id' | 'ordered'> {
  /** The field whose condition could not be judged. */
  readonly field: string;
}

/** A listener that is ordered or has a rate limit. Its deliveries are sent one after the other, in turn with those of other listeners. */
export interface ListenerInTurn {
  readonly id: string;
  readonly ordered: boolean;
}

/** One thing that a listener asks of an event. */
export interface Check {
  readonly what: 'hook' | 'pattern' | 'operation' | 'owner' | 'select' | 'filter';
  /** Null if this process cannot judge it: another release, or another version of the hook, knows the field or the operator. */
  readonly holds: boolean | null;
  /** What the listener asks for; for a filter, the stored condition. */
  readonly expected: JsonValue | StoredCondition;
  /** What the event has; undefined if the field is absent or not provided. */
  readonly actual: JsonValue | undefined;
}

/** Fields that a stored event holds and this process does not know. */
export type UnknownFields = ReadonlySet<string>;

/** What this process knows of an event beside its values. */
export interface Knowledge {
  readonly catalog: HookCatalog;
  /** Left out: none. */
  readonly unknownFields?: UnknownFields | undefined;
}

/** Whether a listener wants an event; the field whose condition cannot be judged here, if that is what it depends on. */
export type Verdict = 'wants' | 'refuses' | { readonly unjudged: string };

/** Whether a listener wants an event: its hook or pattern, its operations, its owner, and each of its conditions. */
export function wants(listener: WantedEvents, event: HookEvent, catalog: HookCatalog): boolean {
  return verdictOf(listener, event, { catalog }) === 'wants';
}

export function verdictOf(listener: WantedEvents, event: HookEvent, knowledge: Knowledge): Verdict {
  let verdict: Verdict = 'wants';
  for (const { holds, expected } of checks(listener, event, knowledge)) {
    if (holds === false) return 'refuses';
    if (holds === null) verdict = { unjudged: unjudgedField(expected) };
  }
  return verdict;
}

/** The field that a check is about, which this process cannot judge. */
function unjudgedField(expected: Check['expected']): string {
  return Array.isArray(expected) ? expected.join(', ') : (expected as StoredCondition).field;
}

/** Everything that a listener asks of an event, and whether it holds. The cheapest checks come first. */
export function* checks(
  { hook, pattern, operations, owner, select, match }: WantedEvents,
  event: HookEvent,
  { catalog, unknownFields }: Knowledge,
): Generator<Check, void> {
  if (hook !== null)
    yield { what: 'hook', holds: hook === event.hook, expected: hook, actual: event.hook };
  if (pattern !== null) {
    const own = catalog.find(event.hook);
    const isCall = own !== undefined && isInteractive(own);
    const holds = !isCall && patternsOf(event.name).includes(pattern);
    yield { what: 'pattern', holds, expected: pattern, actual: event.name };
  }
  if (operations !== null) {
    const holds = event.operation !== null && operations.includes(event.operation);
    yield { what: 'operation', holds, expected: operations, actual: event.operation };
  }
  if (owner !== null)
    yield { what: 'owner', holds: owner === event.sender, expected: owner, actual: event.sender };
  if (select !== null) yield selectCheck(select, event, unknownFields);
  if (match.length === 0) return;
  const own = catalog.find(event.hook);
  for (const condition of match) {
    const isUnknown = unknownFields?.has(condition.field) ?? false;
    const field = isUnknown ? undefined : conditionField(own, condition.field);
    const subject = field && subjectOf(event, field);
    const unprovided = isUnknown ? null : false;
    const asked = subject?.isMany ? together(condition, match) : condition;
    const holds = field && subject ? judgement(asked, subject, field.kind) : unprovided;
    yield { what: 'filter', holds, expected: condition, actual: subject?.value };
  }
}

/** A selected field that this process does not know may have changed. */
function selectCheck(
  select: readonly string[],
  event: HookEvent,
  unknownFields: UnknownFields = new Set(),
): Check {
  const mayConcern = [...unknownFields].some((path) => isSelected(select, path));
  const holds = concerns(select, event) || (mayConcern ? null : false);
  return { what: 'select', holds, expected: select, actual: event.changed };
}

/** Conditions on one field add up: the values of a to-many relation must satisfy all of them, as they must those of one `allOf`. */
function together(condition: StoredCondition, match: readonly StoredCondition[]): StoredMatcher {
  const ofField = match.filter(({ field }) => field === condition.field);
  if (ofField.length === 1) return condition;
  const operand = ofField.map(({ operator, operand }) => ({ operator, operand }));
  return { operator: 'allOf', operand };
}

/** Null for what a newer release has stored: an operator or an operand that this one does not know. */
function judgement(condition: StoredMatcher, subject: Subject, kind: FieldKind): boolean | null {
  try {
    return satisfies(condition, subject, kind);
  } catch {
    return null;
  }
}
