import { grouped } from '../../base/grouped';
import type { JsonValue } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { subjectOf } from '../../hook/subject';
import type { FieldKind } from '../../match/field-kind';
import { type Family, familyOf } from '../../match/order';
import { equalityText } from '../keys/equality';
import {
  hash,
  hashOf,
  type KeyPlan,
  keyOf,
  keyPrefix,
  MAX_VALUE,
  ordinal,
} from '../keys/match-key';
import { cellOf } from '../keys/range-keys';
import { scopesOf } from '../keys/scope';
import type { GramSet } from './gram-set';

/** Keys to look for, and for each one the events (by their place in the batch) that have it. */
export interface Probes {
  readonly keys: readonly string[];
  readonly eventsOfKey: readonly (readonly number[])[];
  /** One a plan, from the least value that an event wants to the greatest. */
  readonly ranges: readonly RangeProbe[];
}

/** The values of one plan that any of the events has, and which ones each event has. */
export interface RangeProbe {
  readonly prefix: string;
  low: number;
  high: number;
  readonly bounds: { readonly low: number; readonly high: number; readonly event: number }[];
}

/** The stored grams of a plan, by its prefix: of a long text, only those are looked for. */
export type StoredGrams = ReadonlyMap<string, GramSet>;

/** How many grams these plans take of these events. */
export function gramCount(events: readonly HookEvent[], plans: readonly KeyPlan[]): number {
  const ofPlans = plans.filter(({ operator }) => operator.endsWith('contains'));
  let count = 0;
  for (const event of events)
    for (const { field, length } of ofPlans) {
      const value = event.data[field];
      if (typeof value === 'string') count += Math.max(0, value.length - length + 1);
    }
  return count;
}

/** Everything that events could satisfy, as keys. */
export function probesOf(
  events: readonly HookEvent[],
  plans: readonly KeyPlan[],
  catalog: HookCatalog,
  grams: StoredGrams,
): Probes {
  const collected = new Collected();
  const byScope = grouped(
    plans.map((plan) => ({ plan, prefix: keyPrefix(plan) })),
    ({ plan }) => plan.scope,
  );
  events.forEach((event, n) => {
    const fields = catalog.find(event.hook)?.fields;
    for (const scope of scopesOf(event))
      for (const { plan, prefix } of byScope.get(scope) ?? []) {
        const kind = fields?.get(plan.field)?.kind;
        const sink = collected.sink(prefix, n, grams.get(prefix));
        if (plan.field === '') addOfEvent(sink, plan, event);
        else if (kind) addOfField(sink, plan, { event, kind });
      }
  });
  return collected;
}

/** Takes the keys of one plan that one event has. */
interface Sink {
  readonly stored: GramSet | undefined;
  add(value: number): void;
  addRange(low: number, high: number): void;
}

class Collected implements Probes {
  readonly keys: string[] = [];
  readonly eventsOfKey: number[][] = [];
  readonly ranges: RangeProbe[] = [];
  readonly #placeOfKey = new Map<string, Map<number, number>>();
  readonly #rangeOf = new Map<string, RangeProbe>();

  sink(prefix: string, event: number, stored: GramSet | undefined): Sink {
    const places = this.#placeOfKey.get(prefix) ?? new Map<number, number>();
    this.#placeOfKey.set(prefix, places);
    return {
      stored,
      add: (value) => this.#add(places, { prefix, value }, event),
      addRange: (low, high) => this.#addRange(prefix, { low, high, event }),
    };
  }

  #add(
    places: Map<number, number>,
    { prefix, value }: { readonly prefix: string; readonly value: number },
    event: number,
  ): void {
    const place = places.get(value);
    if (place === undefined) {
      places.set(value, this.keys.push(keyOf(prefix, value)) - 1);
      this.eventsOfKey.push([event]);
      return;
    }
    const events = this.eventsOfKey[place];
    if (events?.at(-1) !== event) events?.push(event);
  }

  #addRange(prefix: string, bound: RangeProbe['bounds'][number]): void {
    const { low, high } = bound;
    const range = this.#rangeOf.get(prefix);
    if (range) {
      range.low = Math.min(range.low, low);
      range.high = Math.max(range.high, high);
      range.bounds.push(bound);
      return;
    }
    const made = { prefix, low, high, bounds: [bound] };
    this.#rangeOf.set(prefix, made);
    this.ranges.push(made);
  }
}

function addOfEvent(sink: Sink, { operator }: KeyPlan, event: HookEvent): void {
  if (operator === 'all') sink.add(0);
  else if (operator === 'operation' && event.operation) sink.add(hashOf(event.operation));
  else if (operator === 'owner' && event.sender !== null) sink.add(hashOf(event.sender));
}

interface FieldOfEvent {
  readonly event: HookEvent;
  readonly kind: FieldKind;
}

function addOfField(sink: Sink, plan: KeyPlan, { event, kind }: FieldOfEvent): void {
  const subject = subjectOf(event, plan.field);
  if (plan.operator === 'changed') {
    if (subject.changed) sink.add(0);
    return;
  }
  const isPast = plan.operator.startsWith('was ');
  const value = isPast ? subject.before : subject.value;
  if (value === undefined || (isPast && subject.isNew)) return;
  const operator = isPast ? plan.operator.slice('was '.length) : plan.operator;
  if (operator === 'is') addEquality(sink, value);
  else if (operator.includes(' '))
    addOrdered(sink, { operator, length: plan.length }, { value, kind });
  else if (typeof value === 'string') addText(sink, { operator, length: plan.length }, value);
}

function addEquality(sink: Sink, value: JsonValue): void {
  const text = equalityText(value);
  if (text !== null) sink.add(hashOf(text));
}

interface Part {
  readonly operator: string;
  readonly length: number;
}

function addText(sink: Sink, { operator, length }: Part, text: string): void {
  if (text.length < length) return;
  if (operator === 'startsWith') sink.add(hash(text, 0, length));
  else if (operator === 'endsWith') sink.add(hash(text, text.length - length, text.length));
  else addGrams(sink, length, text);
}

function addGrams(sink: Sink, length: number, text: string): void {
  const { stored } = sink;
  for (let start = 0; start + length <= text.length; start += 1) {
    const value = hash(text, start, start + length);
    if (!stored || stored.has(value)) sink.add(value);
  }
}

function addOrdered(
  sink: Sink,
  { operator, length }: Part,
  { value, kind }: { readonly value: JsonValue; readonly kind: FieldKind },
): void {
  const [side, family] = operator.split(' ') as ['range' | 'gt' | 'lt', Family];
  if (familyOf(kind, value) !== family) {
    if (mayCompare(family, { value, kind })) sink.addRange(0, MAX_VALUE);
    return;
  }
  const place = ordinal(value, family);
  if (side === 'range') sink.add(cellOf(place, length));
  else if (side === 'gt') sink.addRange(0, place);
  else sink.addRange(place, MAX_VALUE);
}

/**
 * Whether an operand that was stored for one order may be compared in another one: the column's type was changed since, or a wildcard
 * met a hook that was not there. All keys of the plan are candidates then, until a reindex.
 */
function mayCompare(
  family: Family,
  { value, kind }: { readonly value: JsonValue; readonly kind: FieldKind },
): boolean {
  if (typeof value === 'string') return family !== 'number' || kind === 'exact';
  return typeof value === 'number' && kind === 'exact';
}
