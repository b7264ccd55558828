import type { JsonValue } from '../../base/json';

/** What a handler of a schedule answers. */
export interface ScheduledExecutionResponse {
  readonly status: 'success' | 'fail';
  /** Why it failed; stored as the reason of the delivery. */
  readonly output?: JsonValue;
}

/**
 * Makes the answers of handlers of schedules.
 *
 * @example
 * hooks.schedule('nightly', { cron: '0 3 * * *' }, async () => ScheduledExecutionResponse.done());
 */
export const ScheduledExecutionResponse = {
  /** The work is done. */
  done(): ScheduledExecutionResponse {
    return { status: 'success' };
  },
  /** The work failed, and is not tried again before the next due time. */
  fail(output?: JsonValue): ScheduledExecutionResponse {
    return { status: 'fail', ...(output !== undefined && { output }) };
  },
} as const;
