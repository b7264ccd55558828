import { AsyncLocalStorage } from 'node:async_hooks';
import { isJson, isObjectLiteral, toJson } from '../base/json';
import { ContextInvalidError } from '../errors/capture-errors';
import type { EventContext } from '../hook/event';

/** The longest context, in bytes of JSON. */
export const MAX_CONTEXT_BYTES = 4_096;
/** The deepest nesting of a context. */
const MAX_LEVELS = 100;

/** The context of a block, with those of the blocks around it. */
export interface ContextBlock {
  readonly value: EventContext;
  /** The same as JSON. */
  readonly text: string;
}

/** The contexts that the code of an application runs in, for one attachment. */
export class Contexts {
  readonly #blocks = new AsyncLocalStorage<ContextBlock>();

  /** Null outside of all blocks. */
  get current(): ContextBlock | null {
    return this.#blocks.getStore() ?? null;
  }

  /** Runs `fn` in a further block, and returns what it returns. Throws `CONTEXT_INVALID`. */
  run<T>(given: unknown, fn: () => T): T {
    const value = { ...this.current?.value, ...checkedContext(given) };
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_CONTEXT_BYTES)
      throw new ContextInvalidError(
        `has ${bytes} bytes of JSON, with that of the blocks around it; the limit is ${MAX_CONTEXT_BYTES}`,
      );
    return this.#blocks.run({ value, text }, fn);
  }

  /** Runs `fn` outside of all blocks. What a commit wakes would otherwise run in the blocks of the code that committed. */
  outside<T>(fn: () => T): T {
    return this.#blocks.exit(fn);
  }
}

/** The message quotes nothing: a context may hold what no log may hold. */
function checkedContext(given: unknown): EventContext {
  if (!isObjectLiteral(given) || !isJson(given, MAX_LEVELS))
    throw new ContextInvalidError('must be a plain object of JSON values');
  return toJson(given) as EventContext;
}
