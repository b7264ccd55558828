import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';

/** An engine of a session. */
export interface Stoppable {
  stop(deadlineMs: number): Promise<void>;
}

/** Stops all of them at the same time. Never rejects. */
export async function stopAll(
  engines: readonly (Stoppable | undefined)[],
  deadlineMs: number,
  logger: Pick<Logger, 'error'>,
): Promise<void> {
  const failed = (error: unknown) =>
    logger.error('Sending could not be stopped in an orderly way.', { error: loggable(error) });
  await Promise.all(engines.map((engine) => engine?.stop(deadlineMs).catch(failed)));
}
