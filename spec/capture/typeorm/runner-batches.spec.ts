import type { QueryRunner } from 'typeorm';
import { RunnerBatches } from '../../../lib/capture/typeorm/runner-batches';

const runnerOf = (name: string): QueryRunner => ({ name }) as unknown as QueryRunner;

/** Batches whose handling is ended by the spec. */
function manual() {
  const handled: (readonly string[])[] = [];
  const endings: ((error?: Error) => void)[] = [];
  const batches = new RunnerBatches<string>((_runner, items) => {
    handled.push(items);
    return new Promise((resolve, reject) =>
      endings.push((error) => (error ? reject(error) : resolve())),
    );
  });
  return { batches, handled, endings };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('RunnerBatches', () => {
  it('Items that are added in one tick are handled together', async () => {
    const { batches, handled, endings } = manual();
    const runner = runnerOf('one');
    const done = ['a', 'b', 'c'].map((item) => batches.add(runner, item));
    expect(new Set(done).size).toBe(1);
    await turn();
    endings[0]?.();
    await Promise.all(done);
    expect(handled).toEqual([['a', 'b', 'c']]);
  });

  it('The next batch of a runner begins when the one before has ended, even if it failed', async () => {
    const { batches, handled, endings } = manual();
    const runner = runnerOf('one');
    const first = batches.add(runner, 'a');
    await turn();
    const second = batches.add(runner, 'b');
    await turn();
    expect(handled).toEqual([['a']]);
    endings[0]?.(new Error('refused'));
    await expect(first).rejects.toThrow('refused');
    await turn();
    expect(handled).toEqual([['a'], ['b']]);
    endings[1]?.();
    await second;
  });

  it('Batches of different runners are handled at the same time', async () => {
    const { batches, handled, endings } = manual();
    const done = [batches.add(runnerOf('one'), 'a'), batches.add(runnerOf('two'), 'b')];
    await turn();
    expect(handled).toEqual([['a'], ['b']]);
    for (const end of endings) end();
    await Promise.all(done);
  });

  it('pending() returns the last batch of a runner until it is handled', async () => {
    const { batches, endings } = manual();
    const runner = runnerOf('one');
    expect(batches.pending(runner)).toBeUndefined();
    const done = batches.add(runner, 'a');
    expect(batches.pending(runner)).toBe(done);
    await turn();
    endings[0]?.();
    await done;
    expect(batches.pending(runner)).toBeUndefined();
  });
});
