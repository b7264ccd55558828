import type { FieldKind } from '../../lib/match/field-kind';
import {
  allOf,
  any,
  anyOf,
  between,
  type Condition,
  contains,
  endsWith,
  gt,
  gte,
  is,
  isFalse,
  isNull,
  isTrue,
  like,
  lt,
  lte,
  not,
  oneOf,
  startsWith,
} from '../../lib/match/matcher';
import { satisfied } from './judging';

interface Case {
  readonly kind: FieldKind;
  readonly matcher: Condition;
  readonly yes: readonly unknown[];
  readonly no: readonly unknown[];
}

const INSTANT = '2026-01-02T03:04:05.006Z';
const EVERYTHING: readonly unknown[] = [
  '',
  'a',
  0,
  -1,
  true,
  false,
  null,
  [],
  [null],
  {},
  { a: 1 },
];

describe('satisfies', () => {
  it.each<Case>([
    { kind: 'text', matcher: any(), yes: [...EVERYTHING, undefined], no: [] },
    { kind: 'text', matcher: is('Joe'), yes: ['Joe'], no: ['joe', 'Joe ', '', null, undefined] },
    { kind: 'text', matcher: is('ä'), yes: ['ä'], no: ['a\u0308'] },
    { kind: 'text', matcher: is(''), yes: [''], no: [null, undefined, ' '] },
    { kind: 'text', matcher: is(null), yes: [null], no: ['', 'null', 0, undefined] },
    { kind: 'text', matcher: startsWith('J'), yes: ['J', 'Joe'], no: ['joe', '', null, ['J'], 1] },
    { kind: 'text', matcher: startsWith(''), yes: ['', 'a'], no: [null, undefined, 1, {}] },
    { kind: 'text', matcher: endsWith('e'), yes: ['e', 'Joe'], no: ['JoE', 'ex', null] },
    { kind: 'text', matcher: contains('o'), yes: ['o', 'Joe'], no: ['JOE', '', null, ['o']] },
    { kind: 'text', matcher: like('^J.*e$'), yes: ['Joe', 'Je'], no: ['joe', 'Joey', null] },
    { kind: 'text', matcher: like('o'), yes: ['Joe'], no: [0, ['o'], { o: 'o' }, undefined] },
    { kind: 'number', matcher: is(1), yes: [1, 1.0], no: ['1', true, 2, null, [1], undefined] },
    { kind: 'number', matcher: is(0), yes: [0, -0], no: [false, '', null] },
    { kind: 'exact', matcher: is('1.0'), yes: ['1', '1.00', 1, '1e0'], no: ['1.1', null, true] },
    { kind: 'exact', matcher: is(1), yes: ['1'], no: [['1'], { 1: 1 }, [1], undefined] },
    {
      kind: 'exact',
      matcher: is(9007199254740993n),
      yes: ['9007199254740993', '9007199254740993.000'],
      no: ['9007199254740992', '9007199254740994', 9007199254740992],
    },
    { kind: 'exact', matcher: is('NaN'), yes: ['NaN'], no: ['0', 'Infinity', null] },
    { kind: 'boolean', matcher: is(true), yes: [true], no: [1, 'true', false, null] },
    { kind: 'boolean', matcher: is(false), yes: [false], no: [0, '', null, undefined] },
    {
      kind: 'instant',
      matcher: is(new Date(INSTANT)),
      yes: [INSTANT, '2026-01-02T05:04:05.006+02:00', new Date(INSTANT)],
      no: ['2026-01-02T03:04:05.007Z', Date.parse(INSTANT), 'then', null],
    },
    { kind: 'date', matcher: is('2026-01-02'), yes: ['2026-01-02'], no: ['2026-01-03', INSTANT] },
    { kind: 'time', matcher: is('03:04:05'), yes: ['03:04:05'], no: ['03:04:06', null] },
    {
      kind: 'json',
      matcher: is({ a: 1, b: [{}] }),
      yes: [
        { a: 1, b: [{}] },
        { b: [{}], a: 1 },
      ],
      no: [{ a: 1 }, { a: '1', b: [{}] }, '{"a":1,"b":[{}]}', null, []],
    },
    { kind: 'json', matcher: is('a'), yes: ['a'], no: [['a'], { a: 'a' }] },
    { kind: 'json', matcher: startsWith('a'), yes: ['ab'], no: [['ab'], { a: 1 }, null] },
    { kind: 'list', matcher: is(['a', 'b']), yes: [['a', 'b']], no: [['b', 'a'], ['a'], 'a,b'] },
    { kind: 'list', matcher: is([]), yes: [[]], no: [null, {}, '', undefined] },
    { kind: 'bytes', matcher: is(Buffer.from('hi')), yes: ['aGk='], no: ['hi', null] },
    { kind: 'unknown', matcher: is(1), yes: [1], no: ['1', true, null] },
  ])('$matcher gives the right answers for a field of kind $kind', expectAnswers);

  it.each<Case>([
    { kind: 'text', matcher: gt('b'), yes: ['ba', 'c', 'ä'], no: ['b', 'a', '', 'B', 3, null] },
    { kind: 'text', matcher: gte(''), yes: ['', 'a'], no: [null, undefined, 0, []] },
    { kind: 'text', matcher: lt('\uffff'), yes: ['\ud83d', '\ue000', 'z'], no: ['😀', '\uffff'] },
    { kind: 'text', matcher: between('a', 'b'), yes: ['a', 'az', 'b'], no: ['ba', 'A', '', null] },
    { kind: 'number', matcher: gt(1), yes: [1.5, 2], no: [1, 0, -2, '2', true, null, [2]] },
    { kind: 'number', matcher: gte(0), yes: [0, -0, 5e-324], no: [-5e-324, Number.NaN, null] },
    { kind: 'number', matcher: lte(-1), yes: [-1, -1e300], no: [-0.5, 0, '-1', undefined] },
    { kind: 'number', matcher: between(1, 1), yes: [1], no: [0, 2, null, undefined] },
    {
      kind: 'exact',
      matcher: gt(9007199254740992n),
      yes: ['9007199254740993', '1e16', 'Infinity', 1e300, '1e400'],
      no: ['9007199254740992', '9007199254740992.0', '-Infinity', 'NaN', 'x', true, null],
    },
    { kind: 'exact', matcher: lt('0.1'), yes: ['0.09', '-1', 0, '1e-400'], no: [0.1, '0.10', ''] },
    { kind: 'exact', matcher: lt('Infinity'), yes: ['1e400', 0], no: ['Infinity', 'NaN', null] },
    { kind: 'exact', matcher: gte('-Infinity'), yes: ['-Infinity', '-1e400'], no: ['NaN', {}] },
    { kind: 'exact', matcher: between('1.0', 2), yes: ['1', '1.5', 2], no: ['0.99', '2.01', '1x'] },
    {
      kind: 'instant',
      matcher: gte(new Date(INSTANT)),
      yes: [INSTANT, '2026-01-02T04:04:05.006Z', '+012026-01-01T00:00:00.000Z'],
      no: ['2026-01-02T04:04:05.006+02:00', '-000044-03-15T00:00:00.000Z', 'then', 5, null],
    },
    {
      kind: 'instant',
      matcher: lt('2026-01-02T00:00:00+02:00'),
      yes: ['2026-01-01T21:59:59.999Z'],
      no: ['2026-01-01T22:00:00.000Z', `2026-01-01${' '.repeat(40)}`],
    },
    {
      kind: 'date',
      matcher: lt('0001-01-02'),
      yes: ['0001-01-01', '0001-12-31 BC', '0044-03-15 BC', '-infinity'],
      no: ['0001-01-02', '2026-01-01', '10000-01-01', 'infinity', '2026-13-01', 'then', 1, null],
    },
    {
      kind: 'date',
      matcher: gt('9999-12-31'),
      yes: ['10000-01-01', '5874897-12-31', 'infinity'],
      no: ['9999-12-31', '0044-03-15 BC'],
    },
    {
      kind: 'date',
      matcher: between('0044-03-15 BC', '0044-03-16 BC'),
      yes: ['0044-03-16 BC'],
      no: ['0044-03-17 BC', '0043-03-15 BC', '0044-03-15'],
    },
    {
      kind: 'date',
      matcher: lte('infinity'),
      yes: ['infinity', '2026-01-01'],
      no: ['never', null],
    },
    {
      kind: 'time',
      matcher: lt('03:04:05.5'),
      yes: ['03:04:05', '00:00:00', '03:04:05.499999'],
      no: ['03:04:05.5', '24:00:00', '3:04', null],
    },
    {
      kind: 'time',
      matcher: gt('12:00:00+00'),
      yes: ['12:00:00.000001+00', '11:00:00-02', '12:30:00+00:15'],
      no: ['12:00:00+00', '13:00:00+01', '12:00:00+05:30', '23:00:00+14:00'],
    },
    { kind: 'json', matcher: gt(1), yes: [2], no: ['2', [2], { a: 2 }, true, null] },
    { kind: 'json', matcher: gt('1'), yes: ['2', 'a'], no: [2, '1', ['2'], null] },
    { kind: 'unknown', matcher: between(1, 2), yes: [1, 1.5, 2], no: ['1.5', 0, 3, null] },
    { kind: 'unknown', matcher: lte(new Date(0)), yes: [new Date(-1), ''], no: [new Date(1), -1] },
  ])('$matcher compares by the order of a field of kind $kind', expectAnswers);

  it.each<Case>([
    { kind: 'text', matcher: isNull(), yes: [null], no: ['', 'null', undefined] },
    { kind: 'list', matcher: isNull(), yes: [null], no: [[], [null], undefined] },
    { kind: 'boolean', matcher: isTrue(), yes: [true], no: [false, null, undefined] },
    { kind: 'unknown', matcher: isTrue(), yes: [true], no: [1, 'true', [true], null] },
    { kind: 'json', matcher: isFalse(), yes: [false], no: [0, '', null, [], undefined] },
    { kind: 'text', matcher: oneOf(['a', 'b']), yes: ['a', 'b'], no: ['c', '', null, undefined] },
    { kind: 'text', matcher: oneOf(['a', null]), yes: ['a', null], no: ['', 'null', undefined] },
    { kind: 'text', matcher: oneOf([]), yes: [], no: [...EVERYTHING, undefined] },
    { kind: 'exact', matcher: oneOf([1, 2n, '3.0']), yes: ['1.0', '2', 3], no: ['4', null] },
    {
      kind: 'json',
      matcher: oneOf([{ a: 1 }, [1]]),
      yes: [{ a: 1 }, [1]],
      no: [1, { a: 2 }, null],
    },
    { kind: 'text', matcher: not('a'), yes: ['b', '', null, 1], no: ['a', undefined] },
    { kind: 'text', matcher: not(null), yes: ['', 'a'], no: [null, undefined] },
    { kind: 'text', matcher: not(any()), yes: [], no: [...EVERYTHING, undefined] },
    { kind: 'text', matcher: not(not('a')), yes: ['a'], no: ['b', null, undefined] },
    { kind: 'number', matcher: not(gt(1)), yes: [1, 0, null, '2'], no: [2, undefined] },
    { kind: 'text', matcher: allOf(), yes: [...EVERYTHING, undefined], no: [] },
    { kind: 'text', matcher: anyOf(), yes: [], no: [...EVERYTHING, undefined] },
    { kind: 'text', matcher: allOf(any(), any()), yes: [...EVERYTHING, undefined], no: [] },
    { kind: 'text', matcher: anyOf('a', any()), yes: [...EVERYTHING, undefined], no: [] },
    {
      kind: 'text',
      matcher: allOf(startsWith('a'), endsWith('b')),
      yes: ['ab', 'a b'],
      no: ['a', 'b', null, undefined],
    },
    {
      kind: 'text',
      matcher: anyOf('a', null, like('^b')),
      yes: ['a', null, 'bc'],
      no: ['c', undefined],
    },
    {
      kind: 'number',
      matcher: anyOf(lt(0), allOf(gt(1), not(5))),
      yes: [-1, 2],
      no: [0, 1, 5, null],
    },
  ])('$matcher combines its members for a field of kind $kind', expectAnswers);

  it('`like` answers where a backtracking engine would hang', () => {
    const text = 'a'.repeat(100_000);
    expect(satisfied(like('(a+)+$'), text)).toBe(true);
    expect(satisfied(like('^(a+)+$'), `${text}!`)).toBe(false);
  });

  it('A long text is not parsed as a date-time or a number', () => {
    const text = '1'.repeat(1_000_000);
    expect(satisfied(is(new Date(0)), text, 'instant')).toBe(false);
    expect(satisfied(gt(1), text, 'exact')).toBe(false);
    expect(satisfied(gt('2026-01-01'), `2026-01-02${text}`, 'date')).toBe(false);
  });
});

function expectAnswers({ kind, matcher, yes, no }: Case): void {
  for (const value of yes) expect([value, satisfied(matcher, value, kind)]).toEqual([value, true]);
  for (const value of no) expect([value, satisfied(matcher, value, kind)]).toEqual([value, false]);
}
