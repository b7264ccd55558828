import { withDatabase } from './application';
import { atLeast, atMost, explains, type Figure, rounded } from './figure';
import { waits } from './latency';
import { median, quantile } from './numbers';
import { Contender, type Done, KINDS, type Kind, type Task } from './peers/contender';
import { serverCpuMs } from './peers/server-cpu';
import { type Receiver, withReceiver } from './receiver';

type CountedTask = Extract<Task, { readonly events: number }>;

const ROUNDS = 10;
const WARM_UP_ROUNDS = 2;
const ARRAYS: CountedTask = { task: 'arrays', events: 1_000 };
const SINGLES: CountedTask = { task: 'singles', events: 1_000 };
const SAVES: CountedTask = { task: 'saves', events: 200 };
const MANY_LISTENERS = 1_000;

/** One run of a task by a contender. */
interface Run extends Done {
  readonly perSecond: number;
  readonly cpuMsPerEvent: number;
  readonly serverCpuMsPerEvent: number;
}

type Runs = ReadonlyMap<Kind, readonly Run[]>;

/** End to end, against what a team writes by hand: a subscriber, a BullMQ job for each event, and a signed request. */
export async function peers(): Promise<readonly Figure[]> {
  return [
    ...(await compared(KINDS, 1, ARRAYS, arrayFigures)),
    ...(await compared(['default', 'worker', 'by hand, undici'], 1, SINGLES, singleFigures)),
    ...(await compared(['default', 'triggers', 'by hand, undici'], 1, SAVES, saveFigures)),
    ...(await compared(['default', 'by hand, undici'], MANY_LISTENERS, ARRAYS, manyFigures)),
    ...(await paced(20)),
    ...(await paced(200)),
  ];
}

/** Runs a task by each contender in turn, round by round. */
async function compared(
  kinds: readonly Kind[],
  listeners: number,
  task: CountedTask,
  figures: (runs: Runs) => readonly Figure[],
): Promise<readonly Figure[]> {
  return withReceiver((receiver) =>
    withContenders(kinds, { listeners, receiver }, async (contenders) => {
      const runs = new Map<Kind, Run[]>(kinds.map((kind) => [kind, []]));
      for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1)
        for (const [kind, contender] of contenders) {
          const run = await measured(contender, task);
          if (n >= WARM_UP_ROUNDS) runs.get(kind)?.push(run);
        }
      return figures(runs);
    }),
  );
}

async function measured(contender: Contender, task: CountedTask): Promise<Run> {
  const before = serverCpuMs();
  const done = await contender.run(task);
  return {
    ...done,
    perSecond: task.events / done.seconds,
    cpuMsPerEvent: done.cpuMs / task.events,
    serverCpuMsPerEvent: (serverCpuMs() - before) / task.events,
  };
}

interface Surroundings {
  readonly listeners: number;
  readonly receiver: Receiver;
}

async function withContenders<T>(
  kinds: readonly Kind[],
  surroundings: Surroundings,
  work: (contenders: ReadonlyMap<Kind, Contender>) => Promise<T>,
): Promise<T> {
  const contenders = new Map<Kind, Contender>();
  const begin = async ([kind, ...others]: readonly Kind[]): Promise<T> => {
    if (kind === undefined) return work(contenders);
    return withDatabase(async (url) => {
      const { listeners, receiver } = surroundings;
      const order = { kind, url, listeners, receiverUrl: receiver.url };
      const contender = await Contender.start(order);
      contenders.set(kind, contender);
      return begin(others).finally(() => contender.stop());
    });
  };
  return begin(kinds);
}

function of(runs: Runs, kind: Kind, value: (run: Run) => number): number {
  return median((runs.get(kind) ?? []).map(value));
}

/** The median of the ratios of each round: a slow phase of the machine slows all contenders. */
function ratio(runs: Runs, kind: Kind, other: Kind, value: (run: Run) => number): number {
  const others = runs.get(other) ?? [];
  return median((runs.get(kind) ?? []).map((run, n) => value(run) / value(others[n] ?? run)));
}

const perSecond = (run: Run) => run.perSecond;
const cpu = (run: Run) => run.cpuMsPerEvent;
const serverCpu = (run: Run) => run.serverCpuMsPerEvent;

function rates(runs: Runs): string {
  return [...runs.keys()]
    .map(
      (kind) =>
        `${kind} ${rounded(of(runs, kind, perSecond))}/s, ${rounded(of(runs, kind, cpu))} ms`,
    )
    .join('; ');
}

function arrayFigures(runs: Runs): readonly Figure[] {
  const goals: readonly (readonly [Kind, number, number])[] = [
    ['default', 3, 5],
    ['worker', 3, 5],
    ['bullmq', 2, 3],
    ['triggers', 3, 5],
  ];
  return [
    ...goals.flatMap(([kind, undici, fetched]) => [
      atLeast(undici, ratio(runs, kind, 'by hand, undici', perSecond), {
        figure: `arrays of 100, ${kind} against undici by hand`,
        unit: '×',
        note: rates(runs),
      }),
      atLeast(fetched, ratio(runs, kind, 'by hand, fetch', perSecond), {
        figure: `arrays of 100, ${kind} against fetch by hand`,
        unit: '×',
        note: '',
      }),
    ]),
    atMost(0.45, of(runs, 'default', cpu), {
      figure: 'arrays of 100, CPU of the process an event',
      unit: ' ms',
      note: `worker, both processes: ${rounded(of(runs, 'worker', cpu))} ms`,
    }),
    atMost(0.2, of(runs, 'default', serverCpu), {
      figure: 'arrays of 100, CPU of PostgreSQL an event',
      unit: ' ms',
      note: `by hand: ${rounded(of(runs, 'by hand, undici', serverCpu))} ms`,
    }),
  ];
}

function singleFigures(runs: Runs): readonly Figure[] {
  return [
    atLeast(1.5, ratio(runs, 'default', 'by hand, undici', perSecond), {
      figure: 'single saves, 8 at a time, default against undici by hand',
      unit: '×',
      note: rates(runs),
    }),
    atMost(0.5, ratio(runs, 'default', 'by hand, undici', cpu), {
      figure: 'the same, CPU of the process an event',
      unit: '×',
      note: `PostgreSQL: ${rounded(of(runs, 'default', serverCpu))} against ${rounded(of(runs, 'by hand, undici', serverCpu))} ms`,
    }),
  ];
}

function saveFigures(runs: Runs): readonly Figure[] {
  const save = ({ saves }: Run) => median(saves.map((one) => one.resolvedMs - one.calledMs));
  return (['default', 'triggers'] as const).map((kind) =>
    atMost(kind === 'default' ? 1 : 0.7, ratio(runs, kind, 'by hand, undici', save), {
      figure: `one save() with sending on, ${kind} against by hand`,
      unit: '×',
      note: `${rounded(of(runs, kind, save))} against ${rounded(of(runs, 'by hand, undici', save))} ms`,
    }),
  );
}

function manyFigures(runs: Runs): readonly Figure[] {
  return [
    atLeast(10, ratio(runs, 'default', 'by hand, undici', perSecond), {
      figure: '1,000 listeners, one matches, default against undici by hand',
      unit: '×',
      note: rates(runs),
    }),
  ];
}

const PACED_SECONDS = 10;

/** Time from a commit until the receiver has the event. */
async function paced(perSecond: number): Promise<readonly Figure[]> {
  const kinds: readonly Kind[] = ['default', 'worker', 'by hand, undici'];
  return withReceiver((receiver) =>
    withContenders(kinds, { listeners: 1, receiver }, async (contenders) => {
      const figures: Figure[] = [];
      for (const [kind, contender] of contenders) {
        await contender.run({ task: 'paced', perSecond, seconds: 3 });
        await receiver.take();
        const { saves } = await contender.run({ task: 'paced', perSecond, seconds: PACED_SECONDS });
        const took = waits(saves, await receiver.take(), ({ resolvedMs }) => resolvedMs);
        figures.push(
          explains(
            `${perSecond} saves a second, save() resolved to receipt, ${kind}, p50 / p99`,
            `${rounded(quantile(took, 0.5))} / ${rounded(quantile(took, 0.99))} ms`,
            '',
          ),
        );
      }
      return figures;
    }),
  );
}
