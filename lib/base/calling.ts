/**
 * Calls a function of the application that must not fail anything here. What it throws, and what a promise that it returns is rejected
 * with, goes to `failed`: an unhandled rejection would end the process.
 */
export function callGuarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call();
    if (!isThenable(result)) return;
    Promise.resolve(result)
      .catch(failed)
      .catch(() => undefined);
  } catch (error) {
    failed(error);
  }
}

/** Whether a value is a promise, of any library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && 'then' in value && typeof value.then === 'function';
}
