import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock';
import { endsWithin } from '../base/deadline';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Wakeable } from '../delivery/chunk/wakeup';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Store } from '../store/store';
import { payloadOf } from './notices';

export interface NotifierParts {
  readonly store: { readonly notifications: Pick<Store['notifications'], 'send'> };
  readonly logger: Pick<Logger, 'warn'>;
  /** Milliseconds on a clock that is never set. @defaultValue `monotonicMs` */
  readonly now?: () => number;
  /** @defaultValue a timer */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Time between two notifications. What happens meanwhile is sent together. */
const INTERVAL_MS = 5;
const WARN_EVERY_MS = 60_000;
/** Time to send what is left when the process stops. */
const LAST_MS = 500;

/**
 * Notifies the processes that listen of work, after it was committed. A notification that is lost costs time only: a sweep finds
 * the work.
 */
export class Notifier implements Wakeable {
  readonly #now: () => number;
  readonly #pause: (ms: number) => Promise<unknown>;
  /** What is to be sent, by kind; for `due`, the time on the clock of this process. */
  #hasEvents = false;
  #hasTasks = false;
  #dueAt = Number.POSITIVE_INFINITY;
  #sentAt = Number.NEGATIVE_INFINITY;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #loop: Promise<void> | undefined;

  constructor(private readonly parts: NotifierParts) {
    this.#now = parts.now ?? monotonicMs;
    this.#pause = parts.pause ?? sleep;
  }

  committed(): void {
    this.#hasEvents = true;
    this.#resume();
  }

  due(afterMs: number): void {
    this.#dueAt = Math.min(this.#dueAt, this.#now() + afterMs);
    this.#resume();
  }

  /** Tasks are ready that this process does not run. */
  tasks(): void {
    this.#hasTasks = true;
    this.#resume();
  }

  /** Notifies of the deliveries that only another process can send. */
  recorded(records: readonly OutcomeRecord[]): void {
    const times = records.flatMap(({ outcome }) =>
      outcome.kind === 'waiting' && outcome.isForOthers ? [outcome.afterMs] : [],
    );
    if (times.length > 0) this.due(Math.min(...times));
  }

  /** Resolves when everything is sent, or after a short time. Never rejects. */
  async flush(): Promise<void> {
    if (this.#loop) await endsWithin(this.#loop, LAST_MS);
  }

  get #payloads(): readonly string[] {
    const afterMs = Math.max(0, this.#dueAt - this.#now());
    return [
      ...(this.#hasEvents ? [payloadOf({ kind: 'events' })] : []),
      ...(this.#hasTasks ? [payloadOf({ kind: 'tasks' })] : []),
      ...(Number.isFinite(afterMs) ? [payloadOf({ kind: 'due', afterMs })] : []),
    ];
  }

  #resume(): void {
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      if (this.#payloads.length > 0) this.#resume();
    });
  }

  async #run(): Promise<void> {
    const waitMs = this.#sentAt + INTERVAL_MS - this.#now();
    if (waitMs > 0) await this.#pause(waitMs);
    const payloads = this.#payloads;
    this.#hasEvents = false;
    this.#hasTasks = false;
    this.#dueAt = Number.POSITIVE_INFINITY;
    await this.parts.store.notifications
      .send(payloads)
      .catch((error: unknown) => this.#failed(error));
    this.#sentAt = this.#now();
  }

  #failed(error: unknown): void {
    if (this.#now() - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = this.#now();
    this.parts.logger.warn('Other processes could not be notified; their sweeps find the work.', {
      error: loggable(error),
    });
  }
}
