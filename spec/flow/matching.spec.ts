import fc from 'fast-check';
import type { HookEvent } from '../../lib';
import { drafts, events } from './matching-arbitraries';
import { MatchingFlow } from './matching-flow';

/** How much is tried: 1 takes seconds, 20 minutes. */
const SCALE = Number(process.env.MATCHING_SCALE ?? 1);
const SEED = Number(process.env.MATCHING_SEED ?? 20_261_123);

let flow: MatchingFlow;

beforeAll(async () => {
  flow = await MatchingFlow.start();
});
afterAll(() => flow?.stop());

describe('who is told of an event', () => {
  it(
    'is who asked for it, whatever was asked, and however that was edited',
    async () => {
      for (const { fresh, edits, told } of fc.sample(rounds(), {
        numRuns: 20 * SCALE,
        seed: SEED,
      })) {
        await flow.save(fresh);
        for (const edit of edits) await flow.edit(edit);
        expect(await disagreements(told)).toEqual([]);
      }
      expect(flow.wishes.size).toBeGreaterThan(1_000);
    },
    30_000 * SCALE,
  );
});

const rounds = () =>
  fc.record({
    fresh: many(drafts, 100),
    edits: fc.array(edits, { maxLength: 8 }),
    told: many(events, 80),
  });

const edits = fc.record({
  nth: fc.nat(),
  how: fc.constantFrom('pause' as const, 'resume' as const, 'remove' as const, 'update' as const),
});
function many<T>(arbitrary: fc.Arbitrary<T>, count: number): fc.Arbitrary<T[]> {
  return fc.array(arbitrary, { minLength: count, maxLength: count });
}

async function disagreements(told: readonly HookEvent[]): Promise<readonly string[]> {
  const listeners = await flow.told(told);
  return told.flatMap((event, n) => flow.disagreements(event, listeners[n] ?? [])).slice(0, 3);
}
