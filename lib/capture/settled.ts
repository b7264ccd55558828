import { types } from 'node:util';
import { isObjectLiteral, MAX_LEVELS } from '../base/json';
import { CaptureFailedError } from '../errors/capture-errors';

/** What a function of a hook returned. Throws `HOOK_CAPTURE_FAILED` if that is a promise or holds one: the write waits for no function. */
export function settled<T>(hook: string, option: string, value: T): T {
  if (!holdsPromise(value, MAX_LEVELS)) return value;
  throw new CaptureFailedError(
    hook,
    `\`${option}\` returned a promise; it must be a synchronous function.`,
  );
}

function holdsPromise(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || levels === 0) return false;
  if (types.isPromise(value)) return ignored(value);
  if ('then' in value && typeof value.then === 'function') return true;
  if (!Array.isArray(value) && !isObjectLiteral(value)) return false;
  return Object.values(value).some((member) => holdsPromise(member, levels - 1));
}

/** If nobody waited for a promise that rejects, the process would end. */
function ignored(promise: Promise<unknown>): true {
  promise.catch(() => undefined);
  return true;
}
