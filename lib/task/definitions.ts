import { isPlainObject, type JsonValue } from '../base/json';
import { Contexts } from '../capture/contexts';
import { handled } from '../delivery/handler/handled';
import { OptionInvalidError } from '../errors/option-errors';
import { RemoteExecuteError } from '../errors/task-errors';
import type { Logger } from '../logging/logger';
import { checkArgument, checkedOptions } from '../options/checked';
import { isHandlerName } from '../options/handler-ref';
import { FUNCTION, numberFrom, type Shape } from '../options/rules';
import { FUNCTION_LANE, type TakenTask } from '../store/tasks';
import { failure, type TaskOutcome } from './outcome';
import { reasonOf } from './reason';
import { retvalOf } from './retval';

/** What a task function gets beside its arguments. */
export interface TaskContext {
  readonly taskId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Aborted at the time limit of the function, and when the process stops. */
  readonly signal: AbortSignal;
}

/** A function of the application that the gateway serves. */
export type TaskFunction = (
  args: Readonly<Record<string, string>>,
  context: TaskContext,
) => unknown;

/** Options of a task function. */
export interface TaskDefineOptions {
  /** Time limit of a call, in milliseconds. @defaultValue `300000` */
  readonly timeoutMs?: number;
  /** How long a result is kept after the end of the task, in milliseconds; 0 keeps it for ever. @defaultValue `86400000` */
  readonly resultTtlMs?: number;
}

export const TASK_DEFINE_DEFAULTS = {
  timeoutMs: 300_000,
  resultTtlMs: 86_400_000,
} as const satisfies Required<TaskDefineOptions>;

const DEFINE_SHAPE: Shape<TaskDefineOptions> = {
  timeoutMs: numberFrom(1),
  resultTtlMs: numberFrom(0, 31_536_000_000),
};

export interface Definition {
  readonly name: string;
  readonly fn: TaskFunction;
  readonly options: Required<TaskDefineOptions>;
}

/** The task functions that this process knows, by name. */
export class Definitions {
  readonly #byName = new Map<string, Definition>();

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    /** Called when a function becomes known: tasks may wait for it. */
    private readonly added: () => void = () => undefined,
    private readonly contexts: Pick<Contexts, 'outside'> = new Contexts(),
  ) {}

  get names(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  get lanes(): readonly string[] {
    return this.names.map(laneOf);
  }

  /** Adds a function; one of the same name is replaced, with a warning. Throws `OPTION_INVALID`. */
  add(name: string, fn: TaskFunction, given: TaskDefineOptions): Definition {
    if (!isHandlerName(name))
      throw new OptionInvalidError('name', 'a text of 1 to 200 visible characters');
    checkArgument('fn', fn, FUNCTION);
    const options = { ...TASK_DEFINE_DEFAULTS, ...checkedOptions(given, DEFINE_SHAPE) };
    if (this.#byName.has(name))
      this.logger.warn(`The task "${name}" is defined again; the last function counts.`);
    const definition = { name, fn, options };
    this.#byName.set(name, definition);
    this.added();
    return definition;
  }

  find(name: string): Definition | undefined {
    return this.#byName.get(name);
  }

  /** Calls the function of a task. Never rejects. */
  async run(task: TakenTask, signal: AbortSignal): Promise<TaskOutcome> {
    const definition = this.find(task.lane.slice(FUNCTION_LANE.length));
    if (!definition) return { kind: 'stopped' };
    const call = (aborted: AbortSignal) =>
      this.contexts.outside(() =>
        definition.fn(argsOf(task.args), {
          taskId: task.id,
          attempt: task.attempt,
          signal: aborted,
        }),
      );
    const result = await handled(call, { timeoutMs: task.timeout_ms, signal });
    switch (result.kind) {
      case 'returned':
        return returned(result.value);
      case 'threw':
        return thrown(result.error);
      case 'timedOut':
        return failure(new RemoteExecuteError(`It did not end within ${task.timeout_ms} ms.`));
      case 'stopped':
        return result;
    }
  }
}

function returned(value: unknown): TaskOutcome {
  try {
    return { kind: 'success', value: retvalOf(value) };
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): TaskOutcome {
  return failure(new RemoteExecuteError(reasonOf(error), { cause: error }));
}

export function laneOf(name: string): string {
  return FUNCTION_LANE + name;
}

function argsOf(args: JsonValue): Readonly<Record<string, string>> {
  return isPlainObject(args) ? (args as Readonly<Record<string, string>>) : {};
}
