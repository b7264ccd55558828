import type { AttachOptions } from '../../lib';

/** Short times, so that other workers soon take over from a killed one and refused requests are soon retried. */
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

/** Longer than a lease, so that other workers take over the work of a frozen one. */
export const FROZEN_MS = 2 * ATTACH.leaseMs;
