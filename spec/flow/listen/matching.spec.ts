import fc from 'fast-check';
import type { HookEvent } from '../../../lib';
import { edits, MatchingFlow } from '../../support/application/matching-flow';
import { drafts, events } from '../../support/oracle/matching-arbitraries';

/** How much is tried: 1 takes seconds, 20 minutes. */
const SCALE = Number(process.env.MATCHING_SCALE ?? 1);
const SEED = Number(process.env.MATCHING_SEED ?? 20_261_123);

const rounds = fc.record({
  fresh: many(drafts, 150),
  edits: fc.array(edits, { maxLength: 8 }),
  told: many(events, 60),
});

let flow: MatchingFlow;

beforeAll(async () => {
  flow = await MatchingFlow.start();
});
afterAll(() => flow?.stop());

describe('the listeners of an event', () => {
  it(
    'The listeners found are those that the oracle names, after any edits',
    async () => {
      for (const { fresh, edits, told } of fc.sample(rounds, { numRuns: 14 * SCALE, seed: SEED })) {
        await flow.save(fresh);
        for (const edit of edits) await flow.edit(edit);
        const found = await flow.matched(told);
        expect(disagreements(told, found)).toEqual([]);
      }
      expect(flow.wishes.size).toBeGreaterThan(1_500);
    },
    60_000 * SCALE,
  );

  it('A batch of 500 finds the same listeners as single events and hooks.listeners.matching()', async () => {
    const told = fc.sample(events, { numRuns: 500, seed: SEED + 1 });
    const found = await flow.matched(told);
    expect(disagreements(told, found)).toEqual([]);
    for (const [n, event] of told.slice(0, 40).entries()) {
      const [alone] = await flow.matched([event]);
      const listeners = await flow.hooks.listeners.matching(event);
      expect(sorted(alone)).toEqual(sorted(found[n]));
      expect(sorted(listeners.map(({ id }) => id))).toEqual(sorted(found[n]));
    }
  });

  it('The listeners found are those for which explain() reports a match', async () => {
    const told = fc.sample(events, { numRuns: 25, seed: SEED + 2 });
    const found = await flow.matched(told);
    const some = (await flow.hooks.listeners.find()).slice(0, 40);
    expect(some.some(({ active }) => !active)).toBe(true);
    for (const [n, event] of told.entries())
      for (const listener of some) {
        const { matches, reasons } = await flow.hooks.listeners.explain(event, listener);
        expect(reasons.every(({ holds }) => holds)).toBe(matches);
        if (matches !== found[n]?.includes(listener.id))
          throw new Error(`explain differs: ${JSON.stringify({ event, listener, reasons })}`);
      }
  });
});

function many<T>(arbitrary: fc.Arbitrary<T>, count: number): fc.Arbitrary<T[]> {
  return fc.array(arbitrary, { minLength: count, maxLength: count });
}

/** The first few. */
function disagreements(
  told: readonly HookEvent[],
  found: readonly (readonly string[])[],
): readonly string[] {
  return told.flatMap((event, n) => flow.disagreements(event, found[n] ?? [])).slice(0, 3);
}

function sorted(ids: readonly string[] = []): readonly string[] {
  return [...ids].sort();
}
