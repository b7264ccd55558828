import { canonicalJson } from '../../lib/base/json';
import { OperandInvalidError, RegexUnsupportedError } from '../../lib/errors/listener-errors';
import type { FieldKind } from '../../lib/match/field-kind';
import {
  any,
  contains,
  endsWith,
  is,
  like,
  type Matcher,
  not,
  startsWith,
} from '../../lib/match/matcher';
import { MAX_OPERAND_LENGTH, toStored } from '../../lib/match/operand';
import type { PlainValue } from '../../lib/match/values';
import { ALL_KINDS } from './judging';

const TEXTUAL: readonly FieldKind[] = ['text', 'json', 'unknown'];
const untyped = (value: unknown): Matcher => is(value as PlainValue);

describe('toStored', () => {
  it.each<{ kind: FieldKind; value: PlainValue; operand: unknown }>([
    { kind: 'text', value: 'Joe', operand: 'Joe' },
    { kind: 'number', value: -1.5, operand: -1.5 },
    { kind: 'exact', value: 1, operand: '1' },
    { kind: 'exact', value: '1.0', operand: '1' },
    { kind: 'exact', value: '+1.50', operand: '1.5' },
    { kind: 'exact', value: '1e3', operand: '1000' },
    { kind: 'exact', value: '-.5', operand: '-0.5' },
    { kind: 'exact', value: 9007199254740993n, operand: '9007199254740993' },
    { kind: 'exact', value: '9007199254740993', operand: '9007199254740993' },
    { kind: 'exact', value: 'NaN', operand: 'NaN' },
    { kind: 'exact', value: '-Infinity', operand: '-Infinity' },
    { kind: 'boolean', value: false, operand: false },
    { kind: 'instant', value: new Date(0), operand: '1970-01-01T00:00:00.000Z' },
    { kind: 'instant', value: '1970-01-01T02:00:00+02:00', operand: '1970-01-01T00:00:00.000Z' },
    { kind: 'exact', value: '-0.00', operand: '0' },
    { kind: 'instant', value: '+012026-01-01T00:00:00Z', operand: '+012026-01-01T00:00:00.000Z' },
    { kind: 'date', value: '2026-12-31', operand: '2026-12-31' },
    { kind: 'date', value: '0044-03-15 BC', operand: '0044-03-15 BC' },
    { kind: 'date', value: '-infinity', operand: '-infinity' },
    { kind: 'time', value: '23:59:00', operand: '23:59:00' },
    { kind: 'json', value: { a: [1, null] }, operand: { a: [1, null] } },
    { kind: 'list', value: ['a', 1], operand: ['a', 1] },
    { kind: 'bytes', value: Buffer.from('hi'), operand: 'aGk=' },
    { kind: 'bytes', value: 'aGk=', operand: 'aGk=' },
    { kind: 'unknown', value: 7, operand: 7 },
    { kind: 'unknown', value: new Date(0), operand: '1970-01-01T00:00:00.000Z' },
  ])(
    'toStored() stores is($value) of a field of kind $kind as $operand',
    ({ kind, value, operand }) => {
      const stored = toStored('field', kind, is(value));
      expect(stored).toEqual({ field: 'field', operator: 'is', operand });
      expect(JSON.parse(canonicalJson(stored.operand))).toEqual(operand);
    },
  );

  it.each(ALL_KINDS)('any() and is(null) are accepted for a field of kind %s', (kind) => {
    expect(toStored('field', kind, any())).toMatchObject({ operator: 'any', operand: null });
    expect(toStored('field', kind, is(null))).toMatchObject({ operator: 'is', operand: null });
  });

  it.each<{ kind: FieldKind; refused: readonly unknown[] }>([
    { kind: 'text', refused: [1, true, {}, ['a'], new Date(0), 1n] },
    { kind: 'number', refused: ['1', 1n, Number.NaN, Infinity, true, {}] },
    {
      kind: 'exact',
      refused: ['one', '', '0x10', '1e', '1e99999', Number.NaN, Infinity, true, []],
    },
    { kind: 'boolean', refused: ['true', 1, 0, {}] },
    { kind: 'instant', refused: ['yesterday', '12', 0, new Date(Number.NaN), '2026-13-01', {}] },
    { kind: 'date', refused: ['31.12.2026', '2026-13-01', new Date(0), 0, '2026-12-31T00:00:00Z'] },
    {
      kind: 'time',
      refused: ['noon', 12, '9:00', '09:00', '25:00:00', '09:00:00 pm', new Date(0)],
    },
    { kind: 'json', refused: [() => 1, Symbol('x'), Number.NaN, new Date(Number.NaN)] },
    { kind: 'list', refused: ['a', 1, {}, { 0: 'a' }] },
    { kind: 'bytes', refused: [1, {}, ['a'], true] },
    { kind: 'unknown', refused: [() => 1, Symbol('x'), Infinity, new Date(Number.NaN)] },
  ])(
    'toStored() refuses an `is` that a field of kind $kind can never equal',
    ({ kind, refused }) => {
      for (const value of [undefined, ...refused])
        expect(() => toStored('field', kind, untyped(value))).toThrow(OperandInvalidError);
    },
  );

  it.each(ALL_KINDS)(
    'The text operators are accepted for a field of kind %s exactly if it can hold text',
    (kind) => {
      for (const matcher of [startsWith('a'), endsWith('a'), contains('a'), like('a')]) {
        const store = () => toStored('field', kind, matcher);
        if (TEXTUAL.includes(kind)) expect(store()).toEqual({ field: 'field', ...matcher });
        else expect(store).toThrow(OperandInvalidError);
      }
    },
  );

  it('A regular expression may have 1,024 characters and no more', () => {
    const longest = 'a'.repeat(1_024);
    expect(toStored('field', 'text', like(longest)).operand).toBe(longest);
    expect(() => toStored('field', 'text', not(like(`${longest}a`)))).toThrow(
      'like(…) expects at most 1024 characters',
    );
  });

  it.each([startsWith, endsWith, contains, like])(
    '%p refuses an operand that is not text',
    (build) => {
      for (const operand of [1, null, undefined, {}, ['a']])
        expect(() => toStored('field', 'text', build(operand as string))).toThrow(
          OperandInvalidError,
        );
    },
  );

  it('toStored() refuses a look-ahead', () => {
    expect(() => toStored('field', 'text', like(/a(?=b)/))).toThrow(RegexUnsupportedError);
  });

  it('toStored() refuses an operand that is too long', () => {
    const longest = 'a'.repeat(MAX_OPERAND_LENGTH - 2);
    expect(toStored('field', 'text', is(longest)).operand).toBe(longest);
    expect(() => toStored('field', 'text', is(`${longest}a`))).toThrow(OperandInvalidError);
    expect(() => toStored('field', 'exact', is('1e9999'))).toThrow(OperandInvalidError);
  });

  it('The error of a refused operand names the field and the expected operand', () => {
    expect(() => toStored('home.city', 'text', is(1))).toThrow(
      'The filter "home.city" is(…) expects a string.',
    );
  });
});
