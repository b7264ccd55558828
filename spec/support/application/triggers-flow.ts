import type { AttachOptions } from '../../../lib';
import type { FlowOptions } from './flow';
import { StoredFlow } from './stored-flow';

/** An attachment whose hooks are captured by triggers. */
export const BY_TRIGGERS = {
  capture: 'triggers',
  installTriggers: true,
} as const satisfies AttachOptions;

/** A flow that sends nothing, and whose hooks are captured by triggers. */
export function startTriggersFlow(options: FlowOptions): Promise<StoredFlow> {
  return StoredFlow.start({ ...options, attach: { ...BY_TRIGGERS, ...options.attach } });
}
