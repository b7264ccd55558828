import type { DataSource } from 'typeorm';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Vault } from '../vault/vault';
import { type CaptureOptions, EVENT_DROPPED } from './capture';
import type { ReadyEvent } from './outbox/outbox';
import type { SizeLimits } from './outbox/size-limits';
import { withTargets } from './targets';

interface SentOptions extends Required<CaptureOptions> {
  readonly logger: Logger;
  readonly vault: Vault;
  readonly limits: SizeLimits;
}

/**
 * An event of a defined hook, with the targets that the hook's `resolve` returns. If `resolve` fails or the event is too large,
 * `onCaptureError` decides: the error is thrown, or it is logged and the result is null.
 */
export async function sentEvent(
  dataSource: DataSource,
  event: ReadyEvent,
  { onCaptureError, logger, vault, limits }: SentOptions,
): Promise<ReadyEvent | null> {
  try {
    limits.check(event);
    return await withTargets(dataSource, event, vault);
  } catch (error) {
    if (onCaptureError === 'throw') throw error;
    logger.error(EVENT_DROPPED, { error: loggable(error) });
    return null;
  }
}
