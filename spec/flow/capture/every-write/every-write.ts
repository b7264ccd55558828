import { chainsOf, gaps, shortest } from '../../../support/capture/chains';
import { EveryWrite, type Seen } from '../../../support/capture/every-write';
import { TRUTHS } from '../../../support/capture/models/model';
import type { Told } from '../../../support/capture/truth';
import { type Case, casesOf, type Run } from './cases/cases';

/** Declares the table of every write for one capture and one TypeORM. */
export function everyWrite(run: Run): void {
  const { capture } = run;
  let every: EveryWrite;
  beforeAll(async () => {
    every = await EveryWrite.start(capture);
  });
  afterAll(() => every?.stop());

  const runs = new Map<Case, Promise<Seen>>();
  const seenOf = (write: Case): Promise<Seen> => {
    const seen = runs.get(write) ?? every.run(write);
    runs.set(write, seen);
    return seen;
  };

  for (const [group, cases] of Object.entries(casesOf()))
    describe(group, () => {
      it.each(cases)(
        '$title has the events of the rows that changed',
        async (write) => {
          const { told, logged, ...seen } = await seenOf(write);
          const changed = seen.expected.filter(({ hook }) => !isSilent(write, hook));
          const expected = changed.filter(
            ({ operation }) => !isUnseen(write, run, seen, operation),
          );
          const counts = typeof write.told === 'function' ? write.told(run) : write.told;
          expect(countsOf(changed)).toEqual(counts);
          expectTold(told, expected, { mayMerge: capture === 'subscribers' && write.mayMerge });
          expect(logged).toEqual(write.logs?.(run) ?? []);
        },
        CASE_LIMIT_MS,
      );

      it.each(cases)('$title gives its caller what it gives without hooks', async (write) => {
        const { got, gotWithout } = await seenOf(write);
        expect(got).toBe(gotWithout);
      });

      it.each(cases)('$title calls subscribers as it does without hooks', async (write) => {
        const { calls, callsWithout } = await seenOf(write);
        expect(compared(write, run, calls)).toEqual(compared(write, run, callsWithout));
      });

      const unhooked = cases.filter(({ isUnhooked }) => isUnhooked);
      if (unhooked.length > 0)
        it.each(unhooked)('$title sends the statements that it sends without us', async (write) => {
          const { statements, statementsWithout } = await seenOf(write);
          expect(statements).toEqual(statementsWithout);
        });
    });
}

/** TypeORM takes long to write as many parameters as a statement can have, and a case writes them with and without hooks. */
const CASE_LIMIT_MS = 240_000;

/** The calls that a case compares. */
function compared(
  { mayBegin = false, isUnordered = false }: Case,
  { capture }: Run,
  calls: readonly string[],
): readonly string[] {
  const kept = calls.filter(
    (call) => !(mayBegin && capture === 'subscribers' && /^(before|after)Transaction/.test(call)),
  );
  const calm = kept.map(withSortedKeys);
  return isUnordered ? calm.sort() : calm;
}

/** TypeORM loads related keys in no order. */
function withSortedKeys(call: string): string {
  return call.replace(/\[ (\{ id: \d+ \}(?:, \{ id: \d+ \})+) \]/g, (_, keys: string) => {
    const sorted = keys.split(/(?<=\}), /).sort();
    return `[ ${sorted.join(', ')} ]`;
  });
}

function isUnseen(
  { unseenBelow18 = [] }: Case,
  { capture }: Run,
  { serverVersion }: Pick<Seen, 'serverVersion'>,
  operation: string,
): boolean {
  const isOld = capture === 'subscribers' && serverVersion < 180_000;
  return isOld && unseenBelow18.includes(operation);
}

function isSilent({ silent = [] }: Case, hook: string): boolean {
  return silent === 'all' || silent.includes(hook);
}

/** Merged events have other steps between, but each value still follows from the one before. */
function expectTold(
  told: readonly Told[],
  expected: readonly Told[],
  { mayMerge }: { readonly mayMerge: boolean | undefined },
): void {
  const [seen, wanted] = [chainsOf(TRUTHS, told), chainsOf(TRUTHS, expected)];
  expect(mayMerge ? shortest(seen) : seen).toEqual(mayMerge ? shortest(wanted) : wanted);
  if (mayMerge) expect(gaps(seen)).toEqual([]);
}

/** `{ 'note update': 2 }`. Hooks with a dot in their name are second ones of a class. */
function countsOf(events: readonly Told[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { hook, operation } of events) {
    const name = `${hook} ${operation}`;
    if (!hook.includes('.')) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
