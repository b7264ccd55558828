import type { EntityMetadata, QueryRunner } from 'typeorm';
import { NoTransactionError } from '../errors/capture-errors';

/** A row of a hooked class that is about to be written. */
export interface PendingWrite {
  readonly runner: QueryRunner;
  readonly metadata: EntityMetadata;
}

/** A check that runs before a row is written. What it throws rejects the write. */
export interface BeforeWrite {
  check(write: PendingWrite): void;
}

/** Refuses writes outside a transaction: the row could be committed without its event. */
export const transactionRequired: BeforeWrite = {
  check: ({ runner, metadata }) => {
    if (!runner.isTransactionActive) throw new NoTransactionError(metadata.name);
  },
};
