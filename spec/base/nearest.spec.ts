import * as fc from 'fast-check';
import { editDistance, nearestName } from '../../lib/base/nearest';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['dispacher', 'dispatcher', 1],
    ['retreis', 'retries', 2],
  ])('The distance from %j to %j is %d', (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits);
  });

  it('The distance is symmetric, zero for equal texts only, and obeys the triangle inequality', () => {
    const text = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

describe('nearestName', () => {
  it('The case of letters is ignored, and null is returned if no name is near', () => {
    expect(nearestName('TIMEOUTMS', ['timeoutMs', 'retries'])).toBe('timeoutMs');
    expect(nearestName('colour', ['timeoutMs', 'retries'])).toBeNull();
    expect(nearestName('a', [])).toBeNull();
  });

  it('A name of any length is compared quickly', () => {
    expect(nearestName('x'.repeat(1_000_000), ['timeoutMs'])).toBeNull();
  });
});
