import { Places } from '../../../lib/interactive/veto/places';

const LONG_MS = 40_000;

/** A pool of that many connections. */
function placesOf(size: number, isWaitedFor = false): Places {
  return new Places({ size, isWaitedFor }, 0);
}

const take = (places: Places, times: number, limitMs = LONG_MS) =>
  Promise.all(Array.from({ length: times }, () => places.take(limitMs)));

describe('Places', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [10, 5],
    [11, 5],
  ])('A pool of %d connections has %d places', async (size, expected) => {
    const places = placesOf(size);
    await take(places, expected);
    expect(await places.take(1)).toBe(false);
    expect(places.taken).toBe(expected);
  });

  it('A place that is left goes to the one who waits longest', async () => {
    const places = placesOf(2);
    const order: string[] = [];
    await places.take(LONG_MS);
    const waiting = ['first', 'second'].map(async (name) => {
      expect(await places.take(LONG_MS)).toBe(true);
      order.push(name);
    });
    places.leave();
    await waiting[0];
    places.leave();
    await waiting[1];
    places.leave();
    expect(order).toEqual(['first', 'second']);
    expect(places.taken).toBe(0);
  });

  it('Waiting ends before its limit where no place becomes free and others wait for a connection', async () => {
    const places = placesOf(2, true);
    expect(await take(places, 3)).toEqual([true, false, false]);
    places.leave();
    expect(places.taken).toBe(0);
  });
});
