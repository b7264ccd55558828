import type { Attachment } from './attachment';
import { stopDeadlineMs, type WorkerStopOptions } from './work-options';
import type { Run } from './working';

/** A process that works: it plans, sends and sweeps until it is stopped. Made by `hooks.work()`. */
export class Worker {
  constructor(
    private readonly attachment: Pick<Attachment, 'engine' | 'working'>,
    private readonly run: Run,
    private readonly delivery: { readonly timeoutMs: number },
  ) {}

  /** Whether it works now. False after it was stopped, and while the DataSource is destroyed. */
  get isRunning(): boolean {
    return this.#engine?.isRunning === true;
  }

  /** Deliveries, outcomes and chunks that it holds. */
  get inFlight(): number {
    return this.#engine?.inFlight ?? 0;
  }

  /**
   * Begins nothing more, and gives back at once what was not begun; requests in flight may end until the deadline. Changes are still
   * captured. A second call resolves when the first has ended. Resolves two seconds after the deadline at the latest, and `onStop`.
   *
   * @example
   * const worker = await hooks.work({ concurrency: 64 });
   * process.once('SIGTERM', () => worker.stop({ deadlineMs: 10_000 }));
   */
  async stop(options: WorkerStopOptions = {}): Promise<void> {
    await this.attachment.working.stop(stopDeadlineMs(options, this.delivery), this.run);
  }

  get #engine(): Attachment['engine'] {
    return this.attachment.working.run === this.run ? this.attachment.engine : undefined;
  }
}
