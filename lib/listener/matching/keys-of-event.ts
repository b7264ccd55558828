import { grouped } from '../../base/grouped';
import type { JsonValue } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { conditionField, contextValue } from '../../hook/event-context';
import type { Field } from '../../hook/field';
import { subjectOf } from '../../hook/subject';
import type { FieldKind } from '../../match/field-kind';
import { itemsOf } from '../../match/matches';
import { type Family, familyOf } from '../../match/order';
import { MAX_VALUE } from '../../store/match-keys';
import { equalityText } from '../keys/equality';
import {
  hash,
  hashOf,
  isKnownOperator,
  type KeyShape,
  keyPrefix,
  keyText,
  ordinal,
} from '../keys/match-key';
import { cellOf } from '../keys/range-keys';
import { scopesOf } from '../keys/scope';
import type { UnknownFields } from './checks';
import type { GramSet } from './gram-set';

/** The match keys to look for. */
export interface Probes {
  readonly keys: readonly string[];
  /** For each key, the events that have it, by their positions in the batch. */
  readonly eventsOfKey: readonly (readonly number[])[];
  /** One for each shape, from the lowest value that an event has to the highest. */
  readonly ranges: readonly RangeProbe[];
}

/** The values of one shape that the events have. */
export interface RangeProbe {
  readonly prefix: string;
  low: number;
  high: number;
  /** The values that each event has. */
  readonly bounds: { readonly low: number; readonly high: number; readonly event: number }[];
}

/** The stored grams of shapes, by prefix. Only these grams of a long text are looked for. */
export type StoredGrams = ReadonlyMap<string, GramSet>;

/** How many grams of these events the shapes ask for. */
export function gramCount(events: readonly HookEvent[], shapes: readonly KeyShape[]): number {
  const gramShapes = shapes.filter(({ operator }) => operator.endsWith('contains'));
  let count = 0;
  for (const event of events)
    for (const { field, length } of gramShapes) {
      for (const value of itemsOf(event.data[field] ?? contextValue(event.context, field)))
        if (typeof value === 'string') count += Math.max(0, value.length - length + 1);
    }
  return count;
}

/** What is looked for. */
export interface Sought {
  readonly shapes: readonly KeyShape[];
  readonly grams: StoredGrams;
  /** The fields of each event that this process does not know, by its id. */
  readonly unknownFields?: ReadonlyMap<string, UnknownFields>;
}

/**
 * The match keys of everything that a listener could ask of these events. For a field or an operator that this process does not know, all
 * keys of the shape: it cannot say which of its listeners want the event.
 */
export function probesOf(
  events: readonly HookEvent[],
  { shapes, grams, unknownFields }: Sought,
  catalog: HookCatalog,
): Probes {
  const collected = new Collected();
  const byScope = grouped(
    shapes.map((shape) => ({ shape, prefix: keyPrefix(shape), isKnown: isKnownOperator(shape) })),
    ({ shape }) => shape.scope,
  );
  events.forEach((event, n) => {
    const hook = catalog.find(event.hook);
    const unknown = unknownFields?.get(event.id);
    for (const scope of scopesOf(event))
      for (const { shape, prefix, isKnown } of byScope.get(scope) ?? []) {
        const field = conditionField(hook, shape.field);
        const sink = collected.sink(prefix, n, grams.get(prefix));
        if (!isKnown || unknown?.has(shape.field)) sink.addRange(0, MAX_VALUE);
        else if (shape.field === '') addOfEvent(sink, shape, event);
        else if (field) addOfField(sink, shape, { event, field });
      }
  });
  return collected;
}

/** Collects the keys of one shape that one event has. */
interface Sink {
  readonly stored: GramSet | undefined;
  add(value: number): void;
  addRange(low: number, high: number): void;
}

class Collected implements Probes {
  readonly keys: string[] = [];
  /** For each key, the events that have it, by their positions in the batch. */
  readonly eventsOfKey: number[][] = [];
  readonly ranges: RangeProbe[] = [];
  readonly #positionOfKey = new Map<string, Map<number, number>>();
  readonly #rangeOf = new Map<string, RangeProbe>();

  sink(prefix: string, event: number, stored: GramSet | undefined): Sink {
    const positions = this.#positionOfKey.get(prefix) ?? new Map<number, number>();
    this.#positionOfKey.set(prefix, positions);
    return {
      stored,
      add: (value) => this.#add(positions, { prefix, value }, event),
      addRange: (low, high) => this.#addRange(prefix, { low, high, event }),
    };
  }

  #add(
    positions: Map<number, number>,
    { prefix, value }: { readonly prefix: string; readonly value: number },
    event: number,
  ): void {
    const position = positions.get(value);
    if (position === undefined) {
      positions.set(value, this.keys.push(keyText(prefix, value)) - 1);
      this.eventsOfKey.push([event]);
      return;
    }
    const events = this.eventsOfKey[position];
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

function addOfEvent(sink: Sink, { operator }: KeyShape, event: HookEvent): void {
  if (operator === 'all') sink.add(0);
  else if (operator === 'operation' && event.operation) sink.add(hashOf(event.operation));
  else if (operator === 'owner' && event.sender !== null) sink.add(hashOf(event.sender));
}

interface FieldOfEvent {
  readonly event: HookEvent;
  readonly field: Field;
}

function addOfField(sink: Sink, shape: KeyShape, { event, field }: FieldOfEvent): void {
  const subject = subjectOf(event, field);
  if (shape.operator === 'changed') {
    if (subject.changed) sink.add(0);
    return;
  }
  const isPast = shape.operator.startsWith('was ');
  const value = isPast ? subject.before : subject.value;
  if (value === undefined || (isPast && subject.isNew)) return;
  const operator = isPast ? shape.operator.slice('was '.length) : shape.operator;
  const part = { operator, length: shape.length };
  // A condition on a list is satisfied by one of its values, or it has no key of this field.
  const values = subject.isMany ? itemsOf(value) : [value];
  for (const one of values) addOfValue(sink, part, { value: one, kind: field.kind });
}

function addOfValue(
  sink: Sink,
  part: Part,
  { value, kind }: { readonly value: JsonValue; readonly kind: FieldKind },
): void {
  if (part.operator === 'is') addEquality(sink, value);
  else if (part.operator.includes(' ')) addOrdered(sink, part, { value, kind });
  else if (typeof value === 'string') addText(sink, part, value);
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
  const at = ordinal(value, family);
  if (side === 'range') sink.add(cellOf(at, length));
  else if (side === 'gt') sink.addRange(0, at);
  else sink.addRange(at, MAX_VALUE);
}

/**
 * Whether an operand that was stored for one order can be compared in another one. This happens if the type of the column has changed
 * since, or if a hook of a wildcard was attached later. All keys of the shape are candidates then, until a reindex.
 */
function mayCompare(
  family: Family,
  { value, kind }: { readonly value: JsonValue; readonly kind: FieldKind },
): boolean {
  if (typeof value === 'string') return family !== 'number' || kind === 'exact';
  return typeof value === 'number' && kind === 'exact';
}
