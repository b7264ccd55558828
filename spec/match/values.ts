import fc from 'fast-check';
import type { JsonValue } from '../../lib/base/json';
import type { FieldKind } from '../../lib/match/field-kind';
import type { PlainValue } from '../../lib/match/values';

export const DATES = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

// Few letters, so that texts share prefixes, and halves of surrogate pairs, which sort between others.
const LETTERS = ['a', 'b', 'ä', '\ud83d', '\ude00', '\ue000', '\uffff', '😀', '😁'] as const;
export const texts = fc.oneof(
  fc.array(fc.constantFrom(...LETTERS), { maxLength: 6 }).map((letters) => letters.join('')),
  fc.string({ unit: 'binary' }),
);

/** Numbers that are close together, beyond the precision of a double and beyond its range. */
export const exactTexts = fc.oneof(
  fc.bigInt().map(String),
  fc.integer({ min: -2, max: 2 }).map((n) => String(2n ** 53n + BigInt(n))),
  fc.tuple(fc.integer(), fc.integer({ min: -500, max: 500 })).map(([n, e]) => `${n}e${e}`),
  fc.tuple(fc.bigInt(), fc.nat()).map(([whole, places]) => `${whole}.${places}`),
);

export const instants = fc
  .tuple(DATES, fc.constantFrom('Z', '+00:00', '-05:30', '+14:00'))
  .map(([date, offset]) => date.toISOString().replace('Z', offset));

const dates = fc.oneof(
  fc
    .tuple(DATES, fc.boolean())
    .map(
      ([date, isBeforeChrist]) => date.toISOString().slice(0, 10) + (isBeforeChrist ? ' BC' : ''),
    ),
  fc.constantFrom('infinity', '-infinity', '10000-01-01', '5874897-12-31'),
);

const times = fc
  .tuple(DATES, fc.constantFrom('', '+00', '-05:30', '+13:00'), fc.constantFrom('', '001', '5'))
  .map(([date, offset, digits]) => date.toISOString().slice(11, 23) + digits + offset);

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
);

/** Values of column types that have an order. */
const ORDERED_VALUES: readonly (readonly [FieldKind, fc.Arbitrary<JsonValue>])[] = [
  ['text', texts],
  ['number', numbers],
  ['exact', fc.oneof(exactTexts, numbers, fc.constantFrom('Infinity', '-Infinity'))],
  ['instant', instants],
  ['date', dates],
  ['time', times],
  ['json', numbers],
  ['unknown', texts],
];

type Values = readonly [JsonValue, JsonValue, JsonValue];

/** Three values of one such column. */
export function orderedValues(): fc.Arbitrary<readonly [FieldKind, Values]> {
  return fc.oneof(
    ...ORDERED_VALUES.map(([kind, values]) =>
      fc.tuple(fc.constant(kind), fc.tuple(values, values, values)),
    ),
  );
}

/** A value of each kind of column. */
export const valueOfItsKind: fc.Arbitrary<readonly [FieldKind, PlainValue]> = fc.oneof(
  orderedValues().map(([kind, [value]]) => [kind, value] as const),
  fc.tuple(fc.constant<FieldKind>('exact'), fc.bigInt()),
  fc.tuple(fc.constant<FieldKind>('instant'), DATES),
  fc.tuple(fc.constant<FieldKind>('boolean'), fc.boolean()),
  fc.tuple(fc.constant<FieldKind>('json'), fc.jsonValue() as fc.Arbitrary<PlainValue>),
  fc.tuple(fc.constant<FieldKind>('list'), fc.array(fc.jsonValue()) as fc.Arbitrary<PlainValue>),
  fc.tuple(fc.constant<FieldKind>('bytes'), fc.uint8Array()),
  fc.tuple(fc.constant<FieldKind>('unknown'), fc.jsonValue() as fc.Arbitrary<PlainValue>),
);
