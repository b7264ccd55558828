import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from '../logging/logger';

const nest = new NestLogger('ModelHooks');

/** Writes to the logger of the Nest application. One object for all, because a second `attach()` compares it with that of the first. */
export const NEST_LOGGER: Logger = {
  debug: (message, facts) => nest.debug(...written(message, facts)),
  info: (message, facts) => nest.log(...written(message, facts)),
  warn: (message, facts) => nest.warn(...written(message, facts)),
  error: (message, facts) => nest.error(...written(message, facts)),
};

function written(
  message: string,
  facts?: Readonly<Record<string, unknown>>,
): [string, ...object[]] {
  return facts ? [message, facts] : [message];
}
