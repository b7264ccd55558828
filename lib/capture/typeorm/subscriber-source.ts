import type { DataSource, EntitySubscriberInterface } from 'typeorm';
import type { Logger } from '../../logging/logger';
import { type BeforeWrite, transactionRequired } from '../before-write';
import type { Capture } from '../capture';
import type { ChangeSource } from '../change-source';
import type { HookedEntities } from '../entity/hooked-entity';
import { AfterSubscriber, type TransactionEnd } from './after-subscriber';
import { BeforeSubscriber } from './before-subscriber';
import { CriteriaWarnings, watchInsertBuilders } from './criteria';
import { EntityChanges } from './entity-changes';
import { OldRows } from './old-rows';

const BEFORE_WRITE: readonly BeforeWrite[] = [transactionRequired];

interface Surroundings {
  readonly capture: Capture;
  readonly transactions: TransactionEnd;
  readonly logger: Logger;
}

/** The changes that TypeORM reports to subscribers: those of `save()`, `remove()`, `softRemove()` and `recover()`. */
export class SubscriberSource implements ChangeSource {
  readonly #subscribers: readonly EntitySubscriberInterface[];

  constructor(
    private readonly dataSource: DataSource,
    hooked: HookedEntities,
    { capture, transactions, logger }: Surroundings,
  ) {
    const oldRows = new OldRows(dataSource);
    const changes = new EntityChanges(dataSource, hooked, oldRows);
    const warnings = new CriteriaWarnings(logger);
    this.#subscribers = [
      new BeforeSubscriber(dataSource, hooked, oldRows, BEFORE_WRITE),
      new AfterSubscriber(changes, capture, warnings, {
        committed: (runner) => {
          oldRows.forget(runner);
          transactions.committed(runner);
        },
        rolledBack: (runner) => {
          oldRows.forget(runner);
          transactions.rolledBack(runner);
        },
      }),
    ];
  }

  start(): void {
    watchInsertBuilders(this.dataSource);
    // Before the application's own: if one of those throws and the caller still commits, ours have already seen the row.
    this.dataSource.subscribers.unshift(...this.#subscribers);
  }

  stop(): void {
    const { subscribers } = this.dataSource;
    for (const ours of this.#subscribers) {
      const at = subscribers.indexOf(ours);
      if (at >= 0) subscribers.splice(at, 1);
    }
  }
}
