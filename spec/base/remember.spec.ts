import { remember } from '../../lib/base/remember';

describe('remember', () => {
  it('keeps the latest, and counts what is set again among them', () => {
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
