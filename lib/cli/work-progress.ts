import type { HookStats } from '../attach/stats';
import type { Worker } from '../attach/worker';
import { monotonicMs } from '../base/clock';
import type { ModelHooks } from '../model-hooks';
import type { Terminal } from './terminal';

const EVERY_MS = 5_000;
/** The database counts as reachable for this time after it has answered. */
const LATELY_MS = 4 * EVERY_MS;

/** What a line of progress says. */
interface Line {
  readonly state: 'started' | 'working' | 'stopped' | 'database does not answer';
  readonly at: string;
  /** Deliveries of this process that ended as `done` or `failed`, or are to be tried again, since it began. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Outcomes a second since the last line. */
  readonly perSecond: number;
  readonly inFlight: number;
  /** Events and deliveries of all processes that have not ended; null if that is not known. */
  readonly waiting: number | null;
  readonly oldestAt: string | null;
  /** Where /healthz and /metrics are served. */
  readonly url?: string;
}

interface ProgressOptions {
  readonly terminal: Pick<Terminal, 'print'>;
  readonly isJson: boolean;
}

/** Prints a line every few seconds, and knows whether the database answers. */
export class WorkProgress {
  readonly #outcomes: Record<string, number> = {};
  #worker: Worker | undefined;
  #count = 0;
  #printed = { count: 0, at: monotonicMs() };
  #stats: HookStats | undefined;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  readonly #stopCounting: () => void;

  constructor(
    private readonly hooks: Pick<ModelHooks, 'on' | 'stats'>,
    private readonly options: ProgressOptions,
  ) {
    this.#stopCounting = hooks.on('outcome', ({ status }) => {
      this.#outcomes[status] = (this.#outcomes[status] ?? 0) + 1;
      this.#count += 1;
    });
  }

  /** The backlog as it was known last; undefined before the first answer. */
  get stats(): HookStats | undefined {
    return this.#stats;
  }

  /** Whether the worker works and the database has answered lately. */
  get isHealthy(): boolean {
    const isAnswering = monotonicMs() - this.#answeredAt < LATELY_MS;
    return isAnswering && this.#worker?.isRunning === true;
  }

  begin(worker: Worker, url: string | null): void {
    this.#worker = worker;
    // The database has just answered when the worker attached.
    this.#answeredAt = monotonicMs();
    this.#print({ ...this.#line('started'), ...(url !== null && { url }) });
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, EVERY_MS);
  }

  /** Prints the last line. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopCounting();
    this.#print(this.#line('stopped'));
  }

  async #look(): Promise<void> {
    try {
      this.#stats = await this.hooks.stats();
      this.#answeredAt = monotonicMs();
      this.#print(this.#line('working'));
    } catch {
      // The engine logs what is wrong.
      this.#stats = undefined;
      this.#print(this.#line('database does not answer'));
    }
  }

  #line(state: Line['state']): Line {
    const now = monotonicMs();
    const seconds = Math.max(0.001, (now - this.#printed.at) / 1_000);
    const perSecond = Math.round((10 * (this.#count - this.#printed.count)) / seconds) / 10;
    this.#printed = { count: this.#count, at: now };
    return {
      state,
      at: new Date().toISOString(),
      outcomes: { ...this.#outcomes },
      perSecond,
      inFlight: this.#worker?.inFlight ?? 0,
      ...backlogOf(this.#stats),
    };
  }

  #print(line: Line): void {
    const { terminal, isJson } = this.options;
    terminal.print(isJson ? JSON.stringify(line) : textOf(line));
  }
}

function backlogOf(stats: HookStats | undefined): Pick<Line, 'waiting' | 'oldestAt'> {
  if (!stats) return { waiting: null, oldestAt: null };
  const { events, deliveries } = stats;
  return {
    waiting: events.waiting + deliveries.waiting,
    oldestAt: oldestOf(stats)?.toISOString() ?? null,
  };
}

/** When the oldest event or delivery that waits was stored; null if none waits. */
export function oldestOf({ events, deliveries }: HookStats): Date | null {
  const times = [events.oldestAt, deliveries.oldestAt].filter((at) => at !== null);
  return times.reduce<Date | null>((one, at) => (one && one < at ? one : at), null);
}

function textOf({
  state,
  at,
  perSecond,
  inFlight,
  waiting,
  oldestAt,
  outcomes,
  url,
}: Line): string {
  const parts = [
    `${at.slice(11, 19)} ${state}`,
    `${perSecond}/s`,
    `in flight ${inFlight}`,
    ...(waiting === null ? [] : [`waiting ${waiting}`]),
    ...(oldestAt === null ? [] : [`oldest of ${oldestAt.slice(11, 19)}`]),
    ...Object.entries(outcomes).map(([status, count]) => `${status} ${count}`),
    ...(url === undefined ? [] : [url]),
  ];
  return parts.join('  ');
}
