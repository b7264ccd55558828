import { firstOf, type Start } from '../../../lib/delivery/http/first-of';

const NEVER: Start<string> = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
const opening =
  (ms: number, value: string): Start<string> =>
  () =>
    new Promise((resolve) => setTimeout(resolve, ms, value));
const failing =
  (ms: number, text: string): Start<string> =>
  () =>
    new Promise((_, reject) => setTimeout(reject, ms, new Error(text)));

function first(starts: readonly Start<string>[], stop = new AbortController()) {
  const discarded: string[] = [];
  const options = {
    delayMs: 250,
    signal: stop.signal,
    discard: (value: string) => discarded.push(value),
  };
  return { result: firstOf(starts, options), discarded };
}

describe('firstOf', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  it.each([
    { name: 'the only one is slow', starts: [opening(9_000, 'a')], value: 'a', ms: 9_000 },
    { name: 'the first never opens', starts: [NEVER, opening(10, 'b')], value: 'b', ms: 260 },
    {
      name: 'many never open',
      starts: [NEVER, NEVER, NEVER, NEVER, opening(10, 'e')],
      value: 'e',
      ms: 1_010,
    },
    {
      name: 'the first is refused and the other slow',
      starts: [failing(5, 'refused'), opening(1_000, 'b')],
      value: 'b',
      ms: 1_005,
    },
    {
      name: 'the first is slow and the other never opens',
      starts: [opening(2_000, 'a'), NEVER],
      value: 'a',
      ms: 2_000,
    },
    {
      name: 'the first is slow and the other refused',
      starts: [opening(2_000, 'a'), failing(1, 'refused')],
      value: 'a',
      ms: 2_000,
    },
  ])('The one that opens is found if $name', async ({ starts, value, ms }) => {
    const { result } = first(starts);
    let found: string | undefined;
    void result.then((one) => {
      found = one;
    });
    await jest.advanceTimersByTimeAsync(ms - 1);
    expect(found).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(found).toBe(value);
  });

  it('All errors are given if all fail, and a single one as it is', async () => {
    const { result } = first([failing(1, 'a'), failing(1, 'b')]);
    const checked = expect(result).rejects.toMatchObject({
      errors: [{ message: 'a' }, { message: 'b' }],
    });
    await jest.advanceTimersByTimeAsync(10);
    await checked;
    const single = expect(first([failing(1, 'alone')]).result).rejects.toThrow('alone');
    await jest.advanceTimersByTimeAsync(10);
    await single;
  });

  it('One that opens too late is discarded', async () => {
    const { result, discarded } = first([opening(400, 'late'), opening(10, 'first')]);
    await jest.advanceTimersByTimeAsync(300);
    expect(await result).toBe('first');
    await jest.advanceTimersByTimeAsync(300);
    expect(discarded).toEqual(['late']);
  });

  it('An abort ends it at once', async () => {
    const stop = new AbortController();
    const { result } = first([NEVER, NEVER], stop);
    const checked = expect(result).rejects.toThrow('time is over');
    stop.abort(new Error('time is over'));
    await checked;
  });
});
