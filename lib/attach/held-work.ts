import type { DataSource } from 'typeorm';
import { shared } from '../base/shared';

const held = shared('typeorm-model-hooks.held-work.v1', () => new WeakSet<DataSource>());

/**
 * Attachments of this DataSource capture from now on, and begin to work only after `releaseWork` and another `attach()`: the handlers of
 * a framework's application are known later than its attachment.
 */
export function holdWork(dataSource: DataSource): void {
  held.add(dataSource);
}

export function releaseWork(dataSource: DataSource): void {
  held.delete(dataSource);
}

export function isWorkHeld(dataSource: DataSource): boolean {
  return held.has(dataSource);
}
