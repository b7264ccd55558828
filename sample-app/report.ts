import type { DeliveryStatus, ModelHooks } from 'typeorm-model-hooks';
import type { Answer } from './answers';
import type { Arrival, Fault } from './comparison';
import type { Change } from './ledger';
import { LISTENER_NAMES, type ListenerName, type SavedListener } from './listeners';
import type { Chapter, Step } from './story';

/** Numbers of deliveries of each listener by status, as the package recorded them. */
export type Outcomes = ReadonlyMap<ListenerName, ReadonlyMap<DeliveryStatus, number>>;

const PAGE_SIZE = 1_000;
const MAX_SHOWN = 8;

export async function readOutcomes(
  hooks: ModelHooks,
  listeners: ReadonlyMap<ListenerName, SavedListener>,
): Promise<Outcomes> {
  const outcomes = new Map<ListenerName, ReadonlyMap<DeliveryStatus, number>>();
  for (const [name, { id }] of listeners) outcomes.set(name, await statusesOf(hooks, id));
  return outcomes;
}

/** Prints what each chapter wrote, and the latencies from commit to receipt. */
export function printChapters(chapters: readonly Chapter[], arrivals: readonly Arrival[]): void {
  const rows = chapters.map(({ title, steps }) => {
    const changes = stepChanges(steps);
    const received = arrivals.filter(({ planned }) => planned.chapter === title);
    return [title, steps.length, changes.length, received.length, ...percentiles(received)];
  });
  const all = chapters.flatMap(({ steps }) => steps);
  printTable(
    ['chapter', 'transactions', 'events', 'deliveries', 'p50 ms', 'p99 ms'],
    [
      ...rows,
      ['all', all.length, stepChanges(all).length, arrivals.length, ...percentiles(arrivals)],
    ],
  );
}

export function printListeners(arrivals: readonly Arrival[], outcomes: Outcomes): void {
  const rows = LISTENER_NAMES.map((name) => {
    const received = arrivals.filter(({ planned }) => planned.listener === name);
    return [name, received.length, described(outcomes.get(name)), ...percentiles(received)];
  });
  printTable(['listener', 'received', 'outcomes', 'p50 ms', 'p99 ms'], rows);
}

/** Compares the recorded outcomes with the plan, in which each delivery is done. */
export function recordFaults(
  planned: readonly { readonly listener: ListenerName }[],
  outcomes: Outcomes,
): readonly Fault[] {
  return LISTENER_NAMES.flatMap((name): readonly Fault[] => {
    const expected = `${planned.filter(({ listener }) => listener === name).length} done`;
    const recorded = described(outcomes.get(name));
    if (recorded === expected) return [];
    return [{ kind: 'bad record', what: `${name}: ${recorded}, expected ${expected}` }];
  });
}

export function printAnswers(answers: readonly Answer[]): void {
  printTable(
    ['what answers', 'answer'],
    answers.map(({ kind, got }) => [kind, got]),
  );
}

export function answerFaults(answers: readonly Answer[]): readonly Fault[] {
  const wrong = answers.filter(({ got, expected }) => got !== expected);
  return wrong.map(({ kind, got, expected }) => ({
    kind: 'bad answer',
    what: `${kind}: ${got}, expected ${expected}`,
  }));
}

/** Prints the first few faults of each kind. */
export function printFaults(faults: readonly Fault[]): void {
  for (const kind of new Set(faults.map((fault) => fault.kind))) {
    const ofKind = faults.filter((fault) => fault.kind === kind);
    console.error(`\n${kind}: ${ofKind.length}`);
    for (const { what } of ofKind.slice(0, MAX_SHOWN)) console.error(`  ${what}`);
    if (ofKind.length > MAX_SHOWN) console.error('  …');
  }
}

function stepChanges(steps: readonly Step[]): readonly Change[] {
  return steps.flatMap(({ changes }) => changes);
}

async function statusesOf(
  hooks: ModelHooks,
  listener: string,
): Promise<ReadonlyMap<DeliveryStatus, number>> {
  const counts = new Map<DeliveryStatus, number>();
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const where = { listener, limit: PAGE_SIZE, ...(cursor && { cursor }) };
    const { items, nextCursor } = await hooks.deliveries.find(where);
    for (const { status } of items) counts.set(status, (counts.get(status) ?? 0) + 1);
    cursor = nextCursor;
  }
  return counts;
}

function described(counts: ReadonlyMap<DeliveryStatus, number> | undefined): string {
  return [...(counts ?? [])].map(([status, count]) => `${count} ${status}`).join(', ');
}

/** The median and the 99th percentile, by nearest rank. */
function percentiles(arrivals: readonly Arrival[]): readonly string[] {
  const sorted = arrivals.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return [0.5, 0.99].map((share) => {
    const ranked = sorted[Math.ceil(share * sorted.length) - 1];
    return ranked?.toFixed(1) ?? '-';
  });
}

type Cell = string | number;

/** Aligns the first column to the left and the others to the right. */
function printTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const lines = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const print = (line: readonly string[]) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ');
  console.log(`\n${lines.map(print).join('\n')}`);
}
