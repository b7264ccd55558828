import { AsyncLocalStorage } from 'node:async_hooks';
import type { CriteriaMode } from '../options/criteria';

const modes = new AsyncLocalStorage<CriteriaMode>();

/** Runs a function whose writes by criteria are all treated in one way. */
export function withCriteria<T>(mode: CriteriaMode, fn: () => T): T {
  return modes.run(mode, fn);
}

/** The mode of the block that runs; undefined outside of one. */
export function blockCriteria(): CriteriaMode | undefined {
  return modes.getStore();
}
