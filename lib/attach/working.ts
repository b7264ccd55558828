import { type Deadline, endsWithin } from '../base/deadline';
import { NotInitialisedError } from '../errors/attach-errors';
import { OptionInvalidError } from '../errors/option-errors';
import { loggable } from '../logging/loggable';
import type { ResolvedOptions } from './options';
import type { Session, SessionWork } from './session';
import { checkSends, type WorkOptions } from './work-options';

/** Working, from its start to its stop. The sessions of several initialisations may belong to it. */
export interface Run extends SessionWork {
  /** What to call when it begins and when it has stopped. */
  readonly callbacks: WorkOptions[];
  /** Whether it goes on when no `runOnce()` needs it any more. */
  isKept: boolean;
  /** How many `runOnce()` need it. */
  uses: number;
  /** Whether `onStart` was called, and `onStop` was not. */
  isBegun: boolean;
  started: Promise<void>;
}

/** Time for `onStop` after the engine has stopped. */
const ON_STOP_MS = 10_000;

/** Decides whether an attachment works: by its option `work`, or from `hooks.work()` to its stop. */
export class Working {
  #run: Run | undefined;
  #stopping: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly session: () => Session | undefined,
    /** Whether it begins with `resume()` only. */
    isHeld = false,
  ) {
    this.#run = isHeld ? undefined : this.#ofOptions();
  }

  /** What works now, or when the DataSource is initialised again. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** Works until it is stopped. Throws `OPTION_INVALID`, `DATASOURCE_NOT_INITIALISED` and what `onStart` throws. */
  async work(options: WorkOptions): Promise<Run> {
    this.#check();
    const running = this.#run;
    if (running) return this.#join(running, options);
    const { concurrency = this.options.delivery.maxConcurrency } = options;
    const run = newRun({ concurrency, isWorker: true });
    run.callbacks.push(options);
    return this.#begin(run);
  }

  /** Works while `use` does something, if this process does not work anyway. */
  async during<T>(deadline: Deadline, use: () => Promise<T>): Promise<T> {
    this.#check();
    const { maxConcurrency: concurrency } = this.options.delivery;
    const run = this.#run ?? newRun({ concurrency, isWorker: false }, false);
    run.uses += 1;
    try {
      if (run === this.#run) await run.started;
      else await this.#begin(run);
      return await use();
    } finally {
      run.uses -= 1;
      if (run.uses === 0 && !run.isKept) await this.stop(deadline.leftMs, run);
    }
  }

  /** Starts what should work, in a new session. If `onStart` or the database refuses, nothing works. */
  async start(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    run.started = this.#start(run);
    try {
      await run.started;
    } catch (error) {
      if (this.#run === run) await this.stop(0, run);
      else await this.ended(run);
      throw error;
    }
  }

  /** Works again as the options say, after a stop. */
  async resume(): Promise<void> {
    if (this.#run || !this.session()) return;
    this.#run = this.#ofOptions();
    await this.start();
  }

  /** Works on with a new engine, if this process works. */
  async restart(deadlineMs: number): Promise<void> {
    const run = this.#run;
    if (!run) return;
    await run.started;
    await this.session()?.stop(deadlineMs);
    if (this.#run === run) await this.session()?.work(run);
  }

  /** Stops this run, or whatever works. Never rejects. */
  async stop(deadlineMs: number, run = this.#run): Promise<void> {
    if (run !== this.#run) return this.#stopping;
    this.#run = undefined;
    this.#stopping = this.session()?.stop(deadlineMs) ?? Promise.resolve();
    await this.#stopping;
    if (run) await this.ended(run);
  }

  /** The session of the run has stopped. Never rejects. */
  async ended(run = this.#run): Promise<void> {
    if (!run?.isBegun) return;
    run.isBegun = false;
    for (const { onStop } of run.callbacks) await this.#call(onStop);
  }

  #check(): void {
    checkSends(this.options.dispatcher);
    if (!this.session()) throw new NotInitialisedError();
  }

  async #begin(run: Run): Promise<Run> {
    this.#run = run;
    await this.start();
    return run;
  }

  async #start(run: Run): Promise<void> {
    await this.#stopping;
    run.isBegun = true;
    for (const { onStart } of run.callbacks) await onStart?.();
    // It may have been stopped meanwhile.
    if (this.#run === run) await this.session()?.work(run);
  }

  async #join(run: Run, options: WorkOptions): Promise<Run> {
    const { concurrency, onStart } = options;
    if (concurrency !== undefined && concurrency !== run.concurrency)
      throw new OptionInvalidError(
        'concurrency',
        `left out or ${run.concurrency}, because this process works already; stop it before`,
      );
    await run.started;
    await onStart?.();
    run.callbacks.push(options);
    run.isKept = true;
    return run;
  }

  #ofOptions(): Run | undefined {
    const { work, dispatcher, delivery } = this.options;
    if (!work || dispatcher === 'disabled') return undefined;
    return newRun({ concurrency: delivery.maxConcurrency, isWorker: false });
  }

  async #call(onStop: WorkOptions['onStop']): Promise<void> {
    const { logger } = this.options;
    const ending = (async () => onStop?.())();
    ending.catch((error: unknown) =>
      logger.error('`onStop` of a worker failed.', { error: loggable(error) }),
    );
    if (!(await endsWithin(ending, ON_STOP_MS)))
      logger.warn(`\`onStop\` of a worker has not ended within ${ON_STOP_MS} ms.`);
  }
}

function newRun(work: SessionWork, isKept = true): Run {
  return { ...work, callbacks: [], isKept, uses: 0, isBegun: false, started: Promise.resolve() };
}
