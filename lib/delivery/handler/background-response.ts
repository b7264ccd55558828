import type { JsonValue } from '../../base/json';

/** What a handler of background work answers. A URL answers the same as JSON. */
export interface BackgroundResponse {
  readonly status: 'success' | 'fail' | 'skip' | 'reschedule';
  /** Why it failed or was skipped; stored as the reason of the delivery. */
  readonly output?: JsonValue;
  /** Seconds until the next attempt. */
  readonly countdown?: number;
}

/** The shortest countdowns, in seconds. Shorter ones are raised to them. */
export const LEAST_COUNTDOWN = { reschedule: 30, slow_process_reschedule: 300 } as const;

/**
 * Makes the answers of a handler.
 *
 * @example
 * hooks.handler('invoice', async (event) => {
 *   const person = await manager.findOneBy(Person, { id: Number(event.data.id) });
 *   if (!person) return BackgroundResponse.skip('the person is gone');
 *   return person.status === 'active' ? BackgroundResponse.done() : BackgroundResponse.reschedule(60);
 * });
 */
export const BackgroundResponse = {
  /** The work is done. */
  done(): BackgroundResponse {
    return { status: 'success' };
  },
  /** The work failed, and is not tried again. */
  fail(output?: JsonValue): BackgroundResponse {
    return { status: 'fail', ...(output !== undefined && { output }) };
  },
  /** There is nothing to do. */
  skip(output?: JsonValue): BackgroundResponse {
    return { status: 'skip', ...(output !== undefined && { output }) };
  },
  /** Calls the handler again after `countdown` seconds, at least 30 and at most a day. */
  reschedule(countdown: number = LEAST_COUNTDOWN.reschedule): BackgroundResponse {
    return again(countdown, LEAST_COUNTDOWN.reschedule);
  },
  /** Calls the handler again after `countdown` seconds, at least 300 and at most a day. */
  slowProcessReschedule(
    countdown: number = LEAST_COUNTDOWN.slow_process_reschedule,
  ): BackgroundResponse {
    return again(countdown, LEAST_COUNTDOWN.slow_process_reschedule);
  },
} as const;

function again(countdown: number, least: number): BackgroundResponse {
  const isMore = countdown > least && Number.isFinite(countdown);
  return { status: 'reschedule', countdown: isMore ? countdown : least };
}
