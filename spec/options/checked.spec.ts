import { createContext, runInContext } from 'node:vm';
import { checkArgument, checkedOptions, problemsOf } from '../../lib/options/checked';
import {
  BOOLEAN,
  criterion,
  listOf,
  numberFrom,
  oneOf,
  optionsOf,
  required,
  type Shape,
  TEXT,
  wholeNumberFrom,
} from '../../lib/options/rules';

interface Inner {
  readonly isOn?: boolean;
}

interface Outer {
  readonly name: string;
  readonly count?: number;
  readonly inner?: Inner;
}

const SHAPE: Shape<Outer> = {
  name: required(TEXT),
  count: wholeNumberFrom(0, 9),
  inner: optionsOf<Inner>({ isOn: BOOLEAN }),
};

const refusal = (given: unknown): string => {
  try {
    checkedOptions(given, SHAPE);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('checkedOptions', () => {
  it('The result is a copy without undefined members, at every level', () => {
    const given = { name: 'a', count: undefined, inner: { isOn: undefined } };
    const options = checkedOptions<Outer>(given, SHAPE);
    expect(options).toEqual({ name: 'a', inner: {} });
    expect(Object.keys(options)).toEqual(['name', 'inner']);
    expect(Object.keys(options.inner ?? {})).toEqual([]);
  });

  it('A criterion, and an unknown name beside it, must not be undefined', () => {
    const shape: Shape<Outer> = { ...SHAPE, count: criterion(wholeNumberFrom(0, 9)) };
    expect(() => checkedOptions({ name: 'a', count: undefined }, shape)).toThrow(
      'The option `count` must be a whole number from 0 to 9; got undefined.',
    );
    expect(() => checkedOptions({ name: 'a', cuont: undefined }, shape)).toThrow('`count`');
    expect(checkedOptions<Outer>({ name: 'a', inner: undefined }, shape)).toEqual({ name: 'a' });
    expect(() => checkedOptions(new (class {})(), shape)).toThrow('an instance of a class');
  });

  it('Many unknown names are refused as fast as few', () => {
    const given = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`n${n}`, n]));
    expect(problemsOf(given, SHAPE).length).toBeLessThan(50);
  });

  it.each<{ given: unknown; message: string }>([
    { given: {}, message: '`name` must be a text; it is missing' },
    { given: { name: undefined }, message: '`name` must be a text; it is missing' },
    { given: { name: 1 }, message: '`name` must be a text; got 1' },
    { given: { name: 1n }, message: '`name` must be a text; got 1' },
    { given: { name: Symbol('a') }, message: '`name` must be a text; got a symbol' },
    {
      given: { name: 'a', count: 1.5 },
      message: '`count` must be a whole number from 0 to 9; got 1.5',
    },
    {
      given: { name: 'a', inner: null },
      message: '`inner` must be an object of options; got null',
    },
    {
      given: { name: 'a', inner: [] },
      message: '`inner` must be an object of options; got a list',
    },
    {
      given: { name: 'a', inner: new Date() },
      message: '`inner` must be an object of options; got a Date',
    },
    {
      given: { name: 'a', inner: { isOn: 'yes' } },
      message: "`inner.isOn` must be true or false; got 'yes'",
    },
    {
      given: { name: 'a', inner: { ison: true } },
      message: '`inner.ison` does not exist. Did you mean `inner.isOn`? Allowed: `isOn`',
    },
    {
      given: { name: 'a', isOn: true },
      message: '`isOn` does not exist. Did you mean `inner.isOn`?',
    },
    { given: null, message: '`options` must be an object of options; got null' },
    { given: 'text', message: '`options` must be an object of options; got a text' },
    { given: () => undefined, message: '`options` must be an object of options; got a function' },
  ])('The message reads: $message', ({ given, message }) => {
    expect(refusal(given)).toContain(`The option ${message}`);
  });

  it('The message names the owner of the options', () => {
    expect(() => checkedOptions({ name: 1 }, SHAPE, { owner: 'hook "person"' })).toThrow(
      'The option `name` of hook "person" must be a text; got 1.',
    );
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'The key %s is an unknown name, and nothing is inherited from it',
    (key) => {
      const given: unknown = JSON.parse(`{"name":"a","${key}":{"count":3}}`);
      expect(refusal(given)).toContain(`\`${key}\` does not exist`);
      const inner: unknown = JSON.parse(`{"name":"a","inner":{"${key}":{"isOn":true}}}`);
      expect(refusal(inner)).toContain(`\`inner.${key}\` does not exist`);
    },
  );

  it('Options of another realm, without a prototype, and of a class are accepted', () => {
    class Configured {
      name = 'a';
    }
    const foreign: unknown = runInContext('({ name: "a" })', createContext());
    for (const given of [
      foreign,
      Object.assign(Object.create(null), { name: 'a' }),
      new Configured(),
    ])
      expect(checkedOptions(given, SHAPE)).toEqual({ name: 'a' });
  });

  it('Inherited members are ignored', () => {
    expect(
      checkedOptions(Object.create({ typo: 1 }, { name: { value: 'a', enumerable: true } }), SHAPE),
    ).toEqual({ name: 'a' });
  });

  it('Each member is read once', () => {
    let reads = 0;
    const given = {
      get name() {
        reads += 1;
        return reads === 1 ? 'a' : 1;
      },
    };
    expect(checkedOptions(given, SHAPE)).toEqual({ name: 'a' });
  });

  it('A long text is shortened and kept on one line', () => {
    expect(() => checkedOptions({ kind: `a\n${'b'.repeat(99)}` }, { kind: oneOf('x') })).toThrow(
      `got 'a\\n${'b'.repeat(38)}…'.`,
    );
  });
});

describe('problemsOf', () => {
  it('All problems are listed with their paths', () => {
    const problems = problemsOf({ count: -1, typo: 1, inner: { isOn: 1 } }, SHAPE, 'a');
    expect(problems.map(({ option }) => option)).toEqual([
      'a.count',
      'a.typo',
      'a.inner.isOn',
      'a.name',
    ]);
  });
});

describe('checkArgument', () => {
  it('The message names the argument', () => {
    expect(() => checkArgument('why', 1, TEXT)).toThrow('The option `why` must be a text; got 1.');
    expect(() => checkArgument('why', '', TEXT)).not.toThrow();
  });
});

describe('the rules', () => {
  const open = numberFrom(1);
  it.each([
    [open, 1, true],
    [open, 0.9, false],
    [open, Number.POSITIVE_INFINITY, false],
    [numberFrom(1, Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY, true],
    [open, Number.NaN, false],
    [open, '1', false],
    [wholeNumberFrom(0, 2), 2, true],
    [wholeNumberFrom(0, 2), 3, false],
    [wholeNumberFrom(0, 2), 0.5, false],
    [oneOf('a', 'b'), 'b', true],
    [oneOf('a', 'b'), 'constructor', false],
    [listOf((value) => value === 1, 'ones'), [1, 1], true],
    [listOf((value) => value === 1, 'ones'), [1, 2], false],
    [listOf((value) => value === 1, 'ones'), 1, false],
  ])('Rule %#: it accepts %p: %p', (rule, value, expected) => {
    expect(rule.accepts(value)).toBe(expected);
  });
});
