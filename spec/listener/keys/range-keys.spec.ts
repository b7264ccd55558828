import fc from 'fast-check';
import { type MatchedField, ordinal } from '../../../lib/listener/keys/match-key';
import { type Bound, cellOf, rangeOption } from '../../../lib/listener/keys/range-keys';

const FIELD: MatchedField = { field: 'n', kinds: ['number'], isPast: false };
const low = (operand: number): Bound => ({ side: 'low', operand });
const high = (operand: number): Bound => ({ side: 'high', operand });

describe('rangeOption', () => {
  it('A range is covered by one or two cells of one level', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const keys = rangeOption(FIELD, [low(from), high(to)])?.keys ?? [];
        expect([1, 2]).toContain(keys.length);
        expect(new Set(keys.map(({ length }) => length)).size).toBe(1);
        for (const { operator } of keys) expect(operator).toBe('range number');
      }),
    );
  });

  it('Each value within the bounds has one of the keys', () => {
    const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const [from, value, to] = [a, b, c].toSorted((x, y) => x - y) as [number, number, number];
        const keys = rangeOption(FIELD, [low(from), high(to)])?.keys ?? [];
        const cells = keys.map((key) => key.value);
        expect(cells).toContain(cellOf(ordinal(value, 'number'), keys[0]?.length ?? 0));
      }),
    );
  });

  it('A single bound has one key, at its place in the order', () => {
    expect(rangeOption(FIELD, [low(5), low(7)])?.keys).toEqual([
      { field: 'n', operator: 'gt number', length: 0, value: ordinal(7, 'number') },
    ]);
    expect(rangeOption({ ...FIELD, isPast: true }, [high(5)])?.keys).toEqual([
      { field: 'n', operator: 'was lt number', length: 0, value: ordinal(5, 'number') },
    ]);
  });

  it('Bounds that nothing lies between have no key', () => {
    expect(rangeOption(FIELD, [low(7), high(5)])?.keys).toEqual([]);
  });

  it.each([
    { name: 'columns that are ordered in different ways', kinds: ['number', 'text'] as const },
    { name: 'a field without columns', kinds: [] },
  ])('The option is null for $name', ({ kinds }) => {
    const bounds: readonly Bound[] = [{ side: 'low', operand: '5' }];
    const families = rangeOption({ ...FIELD, kinds }, [...bounds, low(5)]);
    expect(families).toBeNull();
  });
});
