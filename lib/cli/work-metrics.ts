import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Worker } from '../attach/worker';
import type { ModelHooks } from '../model-hooks';
import { oldestOf, type WorkProgress } from './work-progress';

export interface Watched {
  readonly hooks: Pick<ModelHooks, 'on'>;
  readonly worker: Pick<Worker, 'inFlight' | 'isRunning'>;
  readonly progress: Pick<WorkProgress, 'stats' | 'isHealthy'>;
}

/** From a local server to the longest time-out. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STATUSES = ['done', 'failed', 'skipped', 'retrying', 'rescheduled', 'waiting'] as const;

/** The metrics of a worker in the text format of Prometheus. No label holds a value of the application. */
export class WorkMetrics {
  readonly #registry = new Registry();
  readonly #subscriptions: readonly (() => void)[];

  constructor({ hooks, worker, progress }: Watched) {
    const registers = [this.#registry];
    const outcomes = new Counter({
      name: 'model_hooks_outcomes_total',
      help: 'Outcomes that this worker has stored, by status.',
      labelNames: ['status'],
      registers,
    });
    for (const status of STATUSES) outcomes.inc({ status }, 0);
    const attempts = new Histogram({
      name: 'model_hooks_attempt_duration_seconds',
      help: 'Duration of attempts of this worker, with or without a reply.',
      buckets: SECONDS,
      registers,
    });
    this.#subscriptions = [
      hooks.on('outcome', ({ status }) => outcomes.inc({ status })),
      hooks.on('attempt', ({ durationMs }) => attempts.observe(durationMs / 1_000)),
    ];
    this.#gauge('in_flight', 'Deliveries, outcomes and chunks that this worker holds.', () =>
      worker.isRunning ? worker.inFlight : 0,
    );
    this.#gauge(
      'events_waiting',
      'Committed events that no process has planned yet.',
      () => progress.stats?.events.waiting,
    );
    this.#gauge(
      'deliveries_waiting',
      'Deliveries of all processes that have not ended.',
      () => progress.stats?.deliveries.waiting,
    );
    this.#gauge(
      'oldest_timestamp_seconds',
      'When the oldest event or delivery that waits was stored, as Unix time by the clock of the database; 0 if none waits.',
      () => progress.stats && (oldestOf(progress.stats)?.getTime() ?? 0) / 1_000,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  end(): void {
    for (const stop of this.#subscriptions) stop();
  }

  /** A gauge whose value is read when it is asked for; without a sample if it is not known. */
  #gauge(name: string, help: string, read: () => number | undefined): void {
    new Gauge({
      name: `model_hooks_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}
