import {
  filterShapes,
  type KeyChoice,
  keyChoices,
  takeRarest,
} from '../../../lib/listener/keys/key-choice';

const LISTENER = {
  hook: 'person',
  pattern: null,
  operations: null,
  owner: 'acme',
  match: [{ field: 'name', operator: 'is', operand: 'Joe' }],
} as const;

function choice(rank: number, ...keys: readonly string[]): KeyChoice {
  return { rank, keys, shapes: [] };
}

describe('keyChoices', () => {
  it('The lowest rank comes first, and much worse ones are left out', () => {
    const choices = keyChoices(LISTENER, () => ['text'], new Map());
    const operators = choices.map(({ shapes }) => shapes.map(({ operator }) => operator).join());
    expect(operators).toEqual(['is', 'owner']);
    for (const { keys } of choices) expect(keys).toEqual([expect.stringMatching(/^\d{19}$/)]);
  });

  it('A listener without conditions is found by all events of its scope', () => {
    const anything = { ...LISTENER, owner: null, match: [] };
    const [only, ...others] = keyChoices(anything, () => [], new Map());
    expect(only?.shapes).toEqual([{ scope: 'hook person', field: '', operator: 'all', length: 0 }]);
    expect(others).toEqual([]);
  });

  it('Different scopes have different keys', () => {
    const keysOf = (hook: string) =>
      keyChoices({ ...LISTENER, hook }, () => ['text'], new Map())[0]?.keys;
    expect(keysOf('person')).not.toEqual(keysOf('order'));
  });
});

describe('takeRarest', () => {
  it('The lower rank is taken if few listeners have its keys', () => {
    const counts = new Map([['1', 8]]);
    expect(takeRarest([choice(10, '1'), choice(15, '2')], counts).keys).toEqual(['1']);
    expect(counts).toEqual(new Map([['1', 9]]));
  });

  it('A higher rank is taken if far fewer listeners have its keys', () => {
    const counts = new Map([['1', 1_000]]);
    expect(takeRarest([choice(10, '1'), choice(15, '2')], counts).keys).toEqual(['2']);
  });

  it('The count breaks a tie between equal ranks', () => {
    const counts = new Map([['1', 2]]);
    expect(takeRarest([choice(28, '1'), choice(28, '2')], counts).keys).toEqual(['2']);
  });

  it('A choice is counted by the most common of its keys', () => {
    const counts = new Map([['2', 1_000]]);
    expect(takeRarest([choice(12, '1', '2'), choice(15, '3')], counts).keys).toEqual(['3']);
  });
});

describe('filterShapes', () => {
  it('The fields of a hook are noted, and none of a pattern', () => {
    expect(filterShapes(LISTENER)).toEqual([
      { scope: 'hook person', field: 'name', operator: 'filter', length: 0 },
    ]);
    expect(filterShapes({ ...LISTENER, hook: null, pattern: '*' })).toEqual([]);
  });
});
