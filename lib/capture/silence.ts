import { AsyncLocalStorage } from 'node:async_hooks';

const silenced = new AsyncLocalStorage<true>();

/** Runs something whose changes make no events: imports, seeds. */
export function silence<T>(fn: () => T): T {
  return silenced.run(true, fn);
}

export function isSilenced(): boolean {
  return silenced.getStore() === true;
}
