import { atLeast, type Figure, rounded } from '../figure';
import { median, quantile } from '../numbers';
import { LONG_NOTE_LENGTH, NOTE_LENGTH } from './filling';
import type { Expected, Population } from './population';
import { count } from './singles';

const BATCH = 500;

/** Batches of one kind of event among the listeners of one size. */
interface Course {
  readonly population: Population;
  readonly events: readonly Expected[];
  readonly noteLength: number;
  /** Events per second. */
  readonly goal: number;
}

/** Number of events of that many batches. */
export function eventsIn(batches: number): number {
  return batches * BATCH;
}

/** Matches batches of events, one match each. The courses take turns. */
export async function batches(
  [large, largest]: readonly [large: Population, largest: Population],
  warmUp: number,
): Promise<readonly Figure[]> {
  const courses: readonly Course[] = [
    { population: large, events: large.events.short, noteLength: NOTE_LENGTH, goal: 10_000 },
    { population: largest, events: largest.events.short, noteLength: NOTE_LENGTH, goal: 5_000 },
    { population: large, events: large.events.long, noteLength: LONG_NOTE_LENGTH, goal: 5_000 },
  ];
  const rates = courses.map(() => [] as number[]);
  const rounds = large.events.short.length / BATCH;
  for (let round = 0; round < rounds; round += 1)
    for (const [place, { population, events }] of courses.entries()) {
      const { ms } = await population.match(events.slice(round * BATCH, (round + 1) * BATCH));
      if (round >= warmUp) rates[place]?.push(BATCH / (ms / 1_000));
    }
  return courses.map((course, place) => figureOf(course, rates[place] ?? []));
}

function figureOf({ population, noteLength, goal }: Course, rates: readonly number[]): Figure {
  const text = noteLength < 1_000 ? `${noteLength} characters` : '1 kB';
  return atLeast(goal, median(rates), {
    figure: `batches of ${BATCH} events with a text of ${text}, among ${count(population.size)}`,
    unit: ' events/s',
    note: `${rates.length} batches, p10 ${rounded(quantile(rates, 0.1))}, p90 ${rounded(quantile(rates, 0.9))}`,
  });
}
