import { AsyncLocalStorage } from 'node:async_hooks';

const silenced = new AsyncLocalStorage<true>();

/** Runs a function whose changes make no events, such as an import or a seed. */
export function silence<T>(fn: () => T): T {
  return silenced.run(true, fn);
}

export function isSilenced(): boolean {
  return silenced.getStore() === true;
}
