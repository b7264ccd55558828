import { OptionInvalidError } from '../errors/option-errors';
import { checkedOptions } from '../options/checked';
import { FUNCTION, numberFrom, type Shape, wholeNumberFrom } from '../options/rules';

/** Options of `hooks.work()`. */
export interface WorkOptions {
  /** The most requests, and the most tasks, in flight at once. @defaultValue the value of `delivery.maxConcurrency` */
  readonly concurrency?: number;
  /** Called before this process begins to work; again if the DataSource is initialised again. If it throws, this process does not work. */
  readonly onStart?: () => unknown;
  /** Called when this process has stopped, by `stop()`, `detach()` or `destroy()`. What it throws is logged. */
  readonly onStop?: () => unknown;
}

/** Options of `stop()` of a worker. */
export interface WorkerStopOptions {
  /** How long requests in flight may take to end, in milliseconds. @defaultValue the value of `delivery.timeoutMs` */
  readonly deadlineMs?: number;
}

/** Options of `hooks.runOnce()`. */
export interface RunOnceOptions {
  /** How long the run may take, in milliseconds. @defaultValue `30000` */
  readonly deadlineMs?: number;
}

export const RUN_ONCE_DEFAULTS = {
  deadlineMs: 30_000,
} as const satisfies Required<RunOnceOptions>;

const WORK_SHAPE: Shape<WorkOptions> = {
  concurrency: wholeNumberFrom(1),
  onStart: FUNCTION,
  onStop: FUNCTION,
};
const STOP_SHAPE: Shape<WorkerStopOptions> = { deadlineMs: numberFrom(0) };
const RUN_ONCE_SHAPE: Shape<RunOnceOptions> = { deadlineMs: numberFrom(0) };

/** Throws `OPTION_INVALID`. */
export function checkedWork(options: WorkOptions): WorkOptions {
  return checkedOptions(options, WORK_SHAPE);
}

/** Throws `OPTION_INVALID`. */
export function stopDeadlineMs(
  options: WorkerStopOptions,
  { timeoutMs }: { readonly timeoutMs: number },
): number {
  return checkedOptions(options, STOP_SHAPE).deadlineMs ?? timeoutMs;
}

/** Throws `OPTION_INVALID`. */
export function runOnceDeadlineMs(options: RunOnceOptions): number {
  return checkedOptions(options, RUN_ONCE_SHAPE).deadlineMs ?? RUN_ONCE_DEFAULTS.deadlineMs;
}

/** Throws `OPTION_INVALID` if events are stored as skipped, so that there is nothing to send. */
export function checkSends(dispatcher: unknown): void {
  if (dispatcher === 'disabled')
    throw new OptionInvalidError(
      'dispatcher',
      "another one than 'disabled' in a process that works: its events are stored as skipped",
    );
}
