import type { AttachOptions } from '../../lib';

/** Anybody may be killed, so others take over soon; and what was refused is tried again soon. */
export const ATTACH = {
  sweepMs: 300,
  leaseMs: 1_500,
  waitMs: 1_000,
  delivery: {
    recipients: 'development',
    timeoutMs: 2_000,
    retryDelayMs: 100,
    retryMaxDelayMs: 1_000,
  },
} as const satisfies AttachOptions;

/** Longer than a lease, so that others take over what a frozen worker holds. */
export const FROZEN_MS = 2 * ATTACH.leaseMs;
