import type { DataSource } from 'typeorm';
import { loggable } from '../loggable';
import type { Logger } from '../logger';
import { type CaptureOptions, EVENT_DROPPED } from './capture';
import type { ReadyEvent } from './outbox';
import { withTargets } from './targets';

/**
 * An event of a defined hook, with the targets that the hook's `resolve` names. Where that fails, `onCaptureError` decides: the error
 * is thrown, or the event is dropped, and null given.
 */
export async function sentEvent(
  dataSource: DataSource,
  event: ReadyEvent,
  { onCaptureError, logger }: Required<CaptureOptions> & { readonly logger: Logger },
): Promise<ReadyEvent | null> {
  try {
    return await withTargets(dataSource, event);
  } catch (error) {
    if (onCaptureError === 'throw') throw error;
    logger.error(EVENT_DROPPED, { error: loggable(error) });
    return null;
  }
}
