import type { DataSource } from 'typeorm';
import type { HandlerContext } from '../delivery/handler/handlers';
import type { Logger } from '../logging/logger';

interface Surroundings {
  readonly dataSource: DataSource;
  readonly logger: Logger;
}

/** What a handler gets beside the event, if somebody waits for its answer: there is one attempt, and its outcome is not stored with it. */
export function interactiveContext(
  { dataSource, logger }: Surroundings,
  {
    deliveryId,
    signal,
    config = {},
  }: Pick<HandlerContext, 'deliveryId' | 'signal'> & Partial<Pick<HandlerContext, 'config'>>,
): HandlerContext {
  return {
    signal,
    attempt: 1,
    logger,
    deliveryId,
    isTest: false,
    config,
    transaction: (fn) => dataSource.transaction(async (manager) => fn(manager)),
  };
}
