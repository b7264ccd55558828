import { remember } from '../../lib/base/remember';

describe('remember', () => {
  it('The map keeps the latest entries, and an entry that is set again counts as new', () => {
    const map = new Map<string, number>();
    for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) remember(map, 3, key, value);
    remember(map, 3, 'a', 4);
    remember(map, 3, 'd', 5);
    expect([...map]).toEqual([
      ['c', 3],
      ['a', 4],
      ['d', 5],
    ]);
  });
});
