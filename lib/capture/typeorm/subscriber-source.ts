import type { DataSource, QueryRunner } from 'typeorm';
import type { Logger } from '../../logging/logger';
import { type BeforeWrite, transactionRequired } from '../before-write';
import type { Capture } from '../capture';
import type { ChangeSource } from '../change-source';
import type { HookedEntities } from '../entity/hooked-entity';
import type { TableCatalog } from '../entity/table-facts';
import { AfterSubscriber, type TransactionEnd } from './after-subscriber';
import { BeforeSubscriber } from './before-subscriber';
import { receiveWrites, stopReceiving } from './broadcasts';
import { CriteriaWarnings } from './criteria';
import { EntityChanges, type KnownRows } from './entity-changes';
import { watchInsertBuilders } from './insert-builders';
import { InsertedRows } from './inserted-rows';
import { OldRowNeeds } from './old-row-needs';
import { OldRows } from './old-rows';
import type { WriteReceiver } from './write-report';

const BEFORE_WRITE: readonly BeforeWrite[] = [transactionRequired];

interface Surroundings {
  readonly capture: Capture;
  readonly transactions: TransactionEnd;
  readonly logger: Logger;
  readonly catalog: TableCatalog;
}

/** The changes that TypeORM reports: those of `save()`, `remove()`, `softRemove()` and `recover()`. */
export class SubscriberSource implements ChangeSource {
  readonly #receivers: readonly Partial<WriteReceiver>[];
  readonly #inserted = new InsertedRows();

  constructor(
    private readonly dataSource: DataSource,
    private readonly entities: HookedEntities,
    private readonly surroundings: Surroundings,
  ) {
    const { capture, logger, catalog } = surroundings;
    const rows = {
      catalog,
      old: new OldRows(dataSource, catalog),
      inserted: this.#inserted,
      needs: new OldRowNeeds(dataSource, catalog),
    };
    const changes = new EntityChanges(dataSource, entities, rows);
    const warnings = new CriteriaWarnings(logger);
    this.#receivers = [
      new BeforeSubscriber(dataSource, entities, BEFORE_WRITE, rows),
      new AfterSubscriber(changes, capture, catalog, { warnings, end: this.#forgetting(rows) }),
    ];
  }

  start(): void {
    const { catalog } = this.surroundings;
    watchInsertBuilders(this.dataSource, {
      entities: this.entities,
      inserted: this.#inserted,
      catalog,
    });
    receiveWrites(this.dataSource, this.#receivers);
  }

  stop(): void {
    stopReceiving(this.dataSource, this.#receivers);
  }

  /** Forgets the rows of a transaction when it has ended. */
  #forgetting({ old, inserted }: KnownRows): TransactionEnd {
    const { committed, rolledBack } = this.surroundings.transactions;
    const forget = (runner: QueryRunner): void => {
      old.forget(runner);
      inserted.forget(runner);
    };
    return {
      committed: (runner) => {
        forget(runner);
        committed(runner);
      },
      rolledBack: (runner) => {
        forget(runner);
        rolledBack(runner);
      },
    };
  }
}
