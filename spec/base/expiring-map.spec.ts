import { ExpiringMap } from '../../lib/base/expiring-map';

function mapOf(max = 10) {
  const clock = { now: 0 };
  return { clock, map: new ExpiringMap<string, number>(max, () => clock.now) };
}

describe('ExpiringMap', () => {
  it('A full map drops its oldest entry, and an entry that is set again is the newest', () => {
    const { map } = mapOf(3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) map.set(key, 1);
    expect([...map].map(([key]) => key)).toEqual(['c', 'a', 'd']);
  });

  it('An entry is there until it expires', () => {
    const { map, clock } = mapOf();
    map.set('brief', 1, 1_000);
    map.set('lasting', 2);
    clock.now = 999;
    expect([map.get('brief'), map.has('brief')]).toEqual([1, true]);
    clock.now = 1_000;
    expect([map.get('brief'), map.has('brief'), map.get('lasting')]).toEqual([undefined, false, 2]);
    expect([...map]).toEqual([['lasting', 2]]);
  });

  it('`delete` returns whether the entry was there', () => {
    const { map, clock } = mapOf();
    map.set('a', 1);
    map.set('b', 1, 1_000);
    clock.now = 1_000;
    expect(['a', 'a', 'b', 'c'].map((key) => map.delete(key))).toEqual([true, false, false, false]);
  });

  it('Entries can be deleted while the map is read', () => {
    const { map } = mapOf();
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    for (const [key] of map) map.delete(key);
    expect([...map]).toEqual([]);
  });
});
