import type { JsonValue } from '../../lib/base/json';
import {
  allOf,
  any,
  anyOf,
  becomes,
  type Condition,
  changed,
  gt,
  isNull,
  not,
  startsWith,
  was,
} from '../../lib/match/matcher';
import { fresh, judged, removed, updated } from './judging';

interface Case {
  readonly matcher: Condition;
  readonly insert: readonly (JsonValue | undefined)[];
  /** Value before, value now. */
  readonly update: readonly (readonly [JsonValue | undefined, JsonValue | undefined])[];
  readonly remove: readonly (JsonValue | undefined)[];
}

// What is listed satisfies the matcher; every other combination of these values must not.
const VALUES: readonly (JsonValue | undefined)[] = ['a', 'b', null, 1, undefined];
const PAIRS = VALUES.flatMap((before) => VALUES.map((value) => [before, value] as const));
const PRESENT = VALUES.filter((value) => value !== undefined);
const isPresent = ([, value]: readonly [unknown, unknown]): boolean => value !== undefined;

describe('satisfies with transitions', () => {
  it.each<Case>([
    {
      matcher: changed(),
      insert: PRESENT,
      update: PAIRS.filter(isPresent).filter(([before, value]) => before !== value),
      remove: [],
    },
    {
      matcher: not(changed()),
      insert: [],
      update: PAIRS.filter(isPresent).filter(([before, value]) => before === value),
      remove: PRESENT,
    },
    {
      matcher: was('a'),
      insert: [],
      update: PAIRS.filter(isPresent).filter(([before]) => before === 'a'),
      remove: ['a'],
    },
    {
      matcher: was(isNull()),
      insert: [],
      update: PAIRS.filter(isPresent).filter(([before]) => before === null),
      remove: [null],
    },
    { matcher: was(any()), insert: [], update: PAIRS.filter(isPresent), remove: PRESENT },
    {
      matcher: was(not('a')),
      insert: [],
      update: PAIRS.filter(isPresent).filter(([before]) => before !== 'a' && before !== undefined),
      remove: ['b', null, 1],
    },
    {
      matcher: becomes('a'),
      insert: ['a'],
      update: PAIRS.filter(([before, value]) => value === 'a' && before !== 'a'),
      remove: [],
    },
    {
      matcher: becomes(null),
      insert: [null],
      update: [
        ['a', null],
        ['b', null],
        [1, null],
        [undefined, null],
      ],
      remove: [],
    },
    { matcher: becomes(any()), insert: PRESENT, update: [], remove: [] },
    {
      matcher: becomes(not('a')),
      insert: ['b', null, 1],
      update: PAIRS.filter(isPresent).filter(
        ([before, value]) => value !== 'a' && (before === 'a' || before === undefined),
      ),
      remove: [],
    },
    {
      matcher: becomes(anyOf('a', 'b')),
      insert: ['a', 'b'],
      update: PAIRS.filter(
        ([before, value]) => (value === 'a' || value === 'b') && before !== 'a' && before !== 'b',
      ),
      remove: [],
    },
    {
      matcher: becomes(gt(0)),
      insert: [1],
      update: PAIRS.filter(([before, value]) => value === 1 && before !== 1),
      remove: [],
    },
    {
      matcher: not(was('a')),
      insert: PRESENT,
      update: PAIRS.filter(isPresent).filter(([before]) => before !== 'a'),
      remove: ['b', null, 1],
    },
    {
      matcher: allOf(changed(), was('a'), startsWith('b')),
      insert: [],
      update: [['a', 'b']],
      remove: [],
    },
    {
      matcher: anyOf(was('a'), becomes('a')),
      insert: ['a'],
      update: PAIRS.filter(isPresent).filter(([before, value]) => before === 'a' || value === 'a'),
      remove: ['a'],
    },
  ])(
    '$matcher is satisfied by exactly the listed inserts, updates and removals',
    ({ matcher, insert, update, remove }) => {
      const answers = (subject: ReturnType<typeof fresh>) => judged(matcher, subject, 'unknown');
      expect(VALUES.filter((value) => answers(fresh(value)))).toEqual(insert);
      expect(PAIRS.filter(([before, value]) => answers(updated(before, value)))).toEqual(update);
      expect(VALUES.filter((value) => answers(removed(value)))).toEqual(remove);
    },
  );

  it('`changed` goes by what the event reports as changed', () => {
    const same = { value: 'a', before: 'a', isNew: false, changed: true };
    expect(judged(changed(), same, 'text')).toBe(true);
    expect(judged(changed(), { ...same, before: 'b', changed: false }, 'text')).toBe(false);
  });

  it('`was` and `becomes` compare as the kind of the column does', () => {
    expect(judged(becomes('1.0'), updated('1', '1.00'), 'exact')).toBe(false);
    expect(judged(becomes('1.0'), updated('1.1', '1.00'), 'exact')).toBe(true);
    const noon = updated('2026-01-01T12:00:00.000Z', '2026-01-01T13:00:00.000Z');
    expect(judged(was(new Date('2026-01-01T12:00:00Z')), noon, 'instant')).toBe(true);
  });
});
