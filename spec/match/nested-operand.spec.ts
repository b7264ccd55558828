import { OperandInvalidError, RegexUnsupportedError } from '../../lib/errors/listener-errors';
import type { FieldKind } from '../../lib/match/field-kind';
import {
  allOf,
  any,
  anyOf,
  asMatcher,
  becomes,
  between,
  type Condition,
  changed,
  gt,
  gte,
  is,
  isFalse,
  isNull,
  isTrue,
  like,
  lt,
  lte,
  type Matcher,
  not,
  oneOf,
  startsWith,
  was,
} from '../../lib/match/matcher';
import { MAX_DEPTH, MAX_OPERAND_LENGTH, toStored } from '../../lib/match/operand';
import type { OrderedValue } from '../../lib/match/values';
import { ALL_KINDS } from './judging';

const ORDERED: readonly FieldKind[] = ['text', 'number', 'exact', 'instant', 'date', 'time'];
const JSON_LIKE: readonly FieldKind[] = ['json', 'unknown'];
const store = (condition: Condition, kind: FieldKind = 'text') =>
  toStored('field', kind, asMatcher(condition));
const forged = (operator: unknown, operand: unknown = null) =>
  Object.assign(any(), { operator, operand }) as Matcher;

describe('toStored with nested matchers', () => {
  it.each<{ condition: Condition; kind: FieldKind; operator: string; operand: unknown }>([
    { condition: isNull(), kind: 'list', operator: 'isNull', operand: null },
    { condition: isTrue(), kind: 'boolean', operator: 'isTrue', operand: null },
    { condition: isFalse(), kind: 'json', operator: 'isFalse', operand: null },
    { condition: changed(), kind: 'bytes', operator: 'changed', operand: null },
    { condition: gt('b'), kind: 'text', operator: 'gt', operand: 'b' },
    { condition: gte(1.5), kind: 'number', operator: 'gte', operand: 1.5 },
    { condition: lt(10n), kind: 'exact', operator: 'lt', operand: '10' },
    { condition: lte('Infinity'), kind: 'exact', operator: 'lte', operand: 'Infinity' },
    {
      condition: gt(new Date(0)),
      kind: 'instant',
      operator: 'gt',
      operand: '1970-01-01T00:00:00.000Z',
    },
    { condition: gt(1), kind: 'json', operator: 'gt', operand: 1 },
    {
      condition: between('0044-03-15 BC', '2026-01-01'),
      kind: 'date',
      operator: 'between',
      operand: ['0044-03-15 BC', '2026-01-01'],
    },
    { condition: between('1.0', 1), kind: 'exact', operator: 'between', operand: ['1', '1'] },
    {
      condition: oneOf([1n, '2.0', null]),
      kind: 'exact',
      operator: 'oneOf',
      operand: ['1', '2', null],
    },
    { condition: oneOf([]), kind: 'boolean', operator: 'oneOf', operand: [] },
    {
      condition: not(5),
      kind: 'exact',
      operator: 'not',
      operand: { operator: 'is', operand: '5' },
    },
    {
      condition: becomes(anyOf(startsWith('a'), null)),
      kind: 'text',
      operator: 'becomes',
      operand: {
        operator: 'anyOf',
        operand: [
          { operator: 'startsWith', operand: 'a' },
          { operator: 'is', operand: null },
        ],
      },
    },
    {
      condition: allOf(changed(), not(was('a'))),
      kind: 'text',
      operator: 'allOf',
      operand: [
        { operator: 'changed', operand: null },
        {
          operator: 'not',
          operand: { operator: 'was', operand: { operator: 'is', operand: 'a' } },
        },
      ],
    },
  ])('toStored() stores $condition', ({ condition, kind, operator, operand }) => {
    expect(store(condition, kind)).toEqual({ field: 'field', operator, operand });
  });

  it.each(ALL_KINDS)(
    'The order matchers are accepted for a field of kind %s exactly if the kind has an order',
    (kind) => {
      const ends: Partial<Record<FieldKind, OrderedValue>> = { number: 1, instant: new Date(0) };
      const end =
        ends[kind] ?? { exact: '1', date: '2026-01-01', time: '12:00:00' }[kind as 'exact'] ?? 'a';
      for (const matcher of [gt(end), gte(end), lt(end), lte(end), between(end, end)]) {
        if ([...ORDERED, ...JSON_LIKE].includes(kind)) expect(store(matcher, kind)).toBeDefined();
        else expect(() => store(matcher, kind)).toThrow(OperandInvalidError);
      }
    },
  );

  it.each(ALL_KINDS)(
    'isTrue() and isFalse() are accepted for a field of kind %s exactly if it can hold booleans',
    (kind) => {
      for (const matcher of [isTrue(), isFalse()]) {
        if (['boolean', ...JSON_LIKE].includes(kind)) expect(store(matcher, kind)).toBeDefined();
        else expect(() => store(matcher, kind)).toThrow(OperandInvalidError);
      }
    },
  );

  it.each<{ name: string; condition: Condition; kind?: FieldKind }>([
    { name: 'NaN', condition: gt(Number.NaN), kind: 'number' },
    { name: 'NaN as an exact number', condition: gt('NaN'), kind: 'exact' },
    { name: 'NaN of JSON', condition: gt(Number.NaN), kind: 'json' },
    { name: 'a text for a number', condition: gt('1'), kind: 'number' },
    { name: 'a number for a date', condition: gt(1), kind: 'date' },
    { name: 'a bigint where nothing says that texts are numbers', condition: gt(1n), kind: 'json' },
    { name: 'null', condition: gt(null as unknown as string) },
    { name: 'an object', condition: gt({} as unknown as string), kind: 'json' },
    { name: 'a range upside down', condition: between('b', 'a') },
    { name: 'an exact range upside down', condition: between('10', '9'), kind: 'exact' },
    { name: 'a range of two types', condition: between(1, 'a'), kind: 'json' },
    { name: 'a range without an end', condition: between('a', undefined as unknown as string) },
    { name: 'a range of three ends', condition: forged('between', ['a', 'b', 'c']) },
    { name: 'a range that is none', condition: forged('between', 'ab') },
    { name: 'a transition in was', condition: was(changed()) },
    { name: 'a transition in becomes', condition: becomes(was('a')) },
    { name: 'a transition far inside', condition: was(not(anyOf('a', allOf(becomes('b'))))) },
    { name: 'a matcher as a value', condition: is(any() as unknown as string), kind: 'json' },
    {
      name: 'a matcher among values',
      condition: oneOf([any() as unknown as string]),
      kind: 'json',
    },
    { name: 'a hole among values', condition: forged('oneOf', new Array(1)), kind: 'json' },
    { name: 'values that are no list', condition: forged('oneOf', 'abc') },
    { name: 'members that are no list', condition: forged('allOf', { 0: 'a' }) },
    { name: 'no members at all', condition: forged('anyOf') },
    { name: 'an undefined member', condition: anyOf('a', undefined as unknown as string) },
    { name: 'a member of another type', condition: not(anyOf('a', 1)) },
    { name: 'an operator that does not exist', condition: forged('regexp', 'a') },
    { name: 'an operator of Object', condition: forged('constructor', 'a') },
    { name: 'an operator that is no text', condition: forged(Symbol('is'), 'a') },
    { name: 'no operator', condition: forged(undefined) },
    { name: 'an operator inside that does not exist', condition: not(forged('matches', 'a')) },
  ])('toStored() refuses $name', ({ condition, kind = 'text' }) => {
    expect(() => store(condition, kind)).toThrow(OperandInvalidError);
  });

  it('toStored() refuses a look-ahead in a nested matcher', () => {
    expect(() => store(not(anyOf('a', like('a(?=b)'))))).toThrow(RegexUnsupportedError);
  });

  it('toStored() accepts matchers that are nested 16 deep and none that are deeper', () => {
    const nested = (levels: number): Condition =>
      Array.from({ length: levels }).reduce<Condition>((inner) => not(inner), is('a'));
    expect(store(nested(MAX_DEPTH))).toMatchObject({ operator: 'not' });
    expect(() => store(nested(MAX_DEPTH + 1))).toThrow('nested at most 16 deep');
  });

  it('toStored() refuses an operand that is too long before it reads all of it', () => {
    const tooLong = `at most ${MAX_OPERAND_LENGTH} characters`;
    const doubled = Array.from({ length: MAX_DEPTH - 1 }).reduce<Condition>(
      (inner) => anyOf(inner, inner, inner, inner),
      'a',
    );
    const endless = forged('allOf', []);
    (endless.operand as unknown[]).push(endless, endless);
    expect(() => store(doubled)).toThrow(tooLong);
    expect(() => store(endless)).toThrow(OperandInvalidError);
    expect(() => store(like('(a'.repeat(MAX_OPERAND_LENGTH)))).toThrow(tooLong);
    expect(() => store(forged('oneOf', new Array(1e9)))).toThrow(tooLong);
    expect(() => store(oneOf(Array.from({ length: 900 }, (_, n) => `text ${n}`)))).toThrow(tooLong);
  });

  it('toStored() refuses JSON that is nested too deep or contains itself', () => {
    const deep = (levels: number): Condition => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const endless: unknown[] = [];
    endless.push(endless, endless);
    expect(store(deep(64), 'json').operand).toEqual(deep(64));
    for (const condition of [deep(65), deep(10_000), endless as Condition])
      for (const kind of ['json', 'list', 'unknown'] as const)
        expect(() => store(condition, kind)).toThrow(OperandInvalidError);
  });

  it('The error of a refused operand names the nested operator that is wrong', () => {
    expect(() => store(not(gt(1)), 'boolean')).toThrow(
      'The filter "field" gt(…) expects a column of kind text, number, exact, instant, date, time or json, not boolean.',
    );
    expect(() => store(anyOf(was(changed())))).toThrow(
      'The filter "field" changed(…) expects to stand outside of was(…) and becomes(…).',
    );
  });
});
