import { setImmediate as turn } from 'node:timers/promises';
import { TransactionPlaces } from '../../../lib/delivery/attempt/transaction-places';

const { signal } = new AbortController();

/** Work that ends when it is said to. */
function work() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = jest.fn(() => ended);
  return { run, end: () => end() };
}

describe('TransactionPlaces', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [10, 5],
  ])('A pool of %i connections has %i places', async (poolSize, expected) => {
    const places = new TransactionPlaces(() => poolSize);
    const works = Array.from({ length: 12 }, work);
    const all = works.map(({ run }) => places.within(run, signal));
    await turn();
    expect(works.filter(({ run }) => run.mock.calls.length > 0)).toHaveLength(expected);
    for (const { end } of works) end();
    await Promise.all(all);
    for (const { run } of works) expect(run).toHaveBeenCalledTimes(1);
  });

  it('The one that has waited longest is next, also after a failure', async () => {
    const places = new TransactionPlaces(() => 1);
    const order: number[] = [];
    const all = [1, 2, 3].map((n) =>
      places.within(async () => {
        order.push(n);
        if (n === 1) throw new Error('failed');
      }, signal),
    );
    await Promise.allSettled(all);
    expect(order).toEqual([1, 2, 3]);
  });

  it('Waiting ends with the reason of the signal, and takes no place', async () => {
    const places = new TransactionPlaces(() => 1);
    const first = work();
    const stop = new AbortController();
    const running = places.within(first.run, signal);
    const waiting = places.within(work().run, stop.signal);
    await turn();
    stop.abort(new Error('too late'));
    await expect(waiting).rejects.toThrow('too late');
    await expect(places.within(work().run, stop.signal)).rejects.toThrow('too late');
    first.end();
    await running;
    const next = work();
    next.end();
    await places.within(next.run, signal);
    expect(next.run).toHaveBeenCalledTimes(1);
  });
});
