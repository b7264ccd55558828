import { atMost, explains, type Figure, rounded } from '../figure';
import { median, quantile } from '../numbers';
import type { Population } from './population';

/** Durations of the matches of one size, in milliseconds. */
interface Timed {
  readonly size: number;
  readonly ms: readonly number[];
  /** Durations without the transaction. */
  readonly alone: readonly number[];
}

/** Matches one event at a time. The sizes take turns in a changing order. */
export async function singles(
  populations: readonly Population[],
  warmUp: number,
): Promise<readonly Figure[]> {
  const timed = populations.map(({ size }) => ({
    size,
    ms: [] as number[],
    alone: [] as number[],
  }));
  const rounds = populations[0]?.events.singles.length ?? 0;
  for (let round = 0; round < rounds; round += 1)
    for (let turn = 0; turn < populations.length; turn += 1) {
      const place = (round + turn) % populations.length;
      const population = populations[place] as Population;
      const { ms, alone } = await population.match(
        population.events.singles.slice(round, round + 1),
      );
      if (round < warmUp) continue;
      timed[place]?.ms.push(ms);
      timed[place]?.alone.push(alone);
    }
  return [...timed.map(figureOf), ...goals(timed)];
}

function figureOf({ size, ms, alone }: Timed): Figure {
  return explains(
    `one event, one match, among ${count(size)}: p50 / p99`,
    `${rounded(median(ms))} / ${rounded(quantile(ms, 0.99))} ms`,
    `without the transaction ${rounded(median(alone))} / ${rounded(quantile(alone, 0.99))} ms`,
  );
}

function goals(timed: readonly Timed[]): readonly Figure[] {
  const largest = timed.at(-1) as Timed;
  const events = `${largest.ms.length} events, the transaction included`;
  const among = `one event among ${count(largest.size)}`;
  return [
    atMost(1, median(largest.ms), { figure: `${among}, p50`, unit: ' ms', note: events }),
    atMost(5, quantile(largest.ms, 0.99), {
      figure: `${among}, p99`,
      unit: ' ms',
      note: `${events}, slowest ${rounded(Math.max(...largest.ms))} ms`,
    }),
    ratio(1.5, largest, timed[1] as Timed),
    ratio(2, largest, timed[0] as Timed),
  ];
}

function ratio(limit: number, largest: Timed, smaller: Timed): Figure {
  return atMost(limit, median(largest.ms) / median(smaller.ms), {
    figure: `one event, p50 among ${count(largest.size)} against ${count(smaller.size)}`,
    unit: '×',
    note: `without the transaction ${rounded(median(largest.alone) / median(smaller.alone))}×`,
  });
}

export function count(listeners: number): string {
  return listeners.toLocaleString('en');
}
