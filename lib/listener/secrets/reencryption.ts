import { OptionInvalidError } from '../../errors/option-errors';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Database, Query } from '../../store/database';
import type { Vault } from '../../vault/vault';

/** A kind of row that holds secrets. */
export interface SealedRows<Row extends { readonly id: string }> {
  /** What they are, for people. */
  readonly what: string;
  /** Those after that id, in the order of their ids. */
  page(query: Query, after: string | null): Promise<readonly Row[]>;
  /** Whether something of it is not sealed with the newest key. */
  isOutdated(row: Row): boolean;
  /** The same rows, locked, as they are now. */
  locked(query: Query, ids: readonly string[]): Promise<readonly Row[]>;
  /** Throws where it does not open. */
  resealed(row: Row): Row;
  write(query: Query, rows: readonly Row[]): Promise<void>;
}

/** Rows that are read, and written in one transaction. */
export const RESEALED_AT_ONCE = 1_000;

/** Seals with the newest key what older ones sealed, or none. What was done is not done again, so that it may be broken off. */
export class Reencryption {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
    private readonly kinds: readonly SealedRows<{ readonly id: string }>[],
    private readonly logger: Logger,
  ) {}

  /** Resolves with how many rows it sealed. */
  async run(onProgress?: (resealed: number) => void): Promise<number> {
    if (this.vault.newest === null)
      throw new OptionInvalidError('encryptionKeys', 'given: there is no key to seal with');
    let done = 0;
    for (const kind of this.kinds)
      for await (const count of this.#pages(kind)) {
        done += count;
        onProgress?.(done);
      }
    return done;
  }

  async *#pages<Row extends { readonly id: string }>(
    kind: SealedRows<Row>,
  ): AsyncGenerator<number> {
    const { query } = this.database;
    let page = await kind.page(query, null);
    for (let last = page.at(-1); last; last = page.at(-1)) {
      const outdated = page.filter((row) => kind.isOutdated(row)).map(({ id }) => id);
      if (outdated.length > 0) yield await this.#reseal(kind, outdated);
      page = await kind.page(query, last.id);
    }
  }

  #reseal<Row extends { readonly id: string }>(
    kind: SealedRows<Row>,
    ids: readonly string[],
  ): Promise<number> {
    return this.database.transaction(async (query) => {
      // Whoever saved one meanwhile may have sealed it already.
      const outdated = (await kind.locked(query, ids)).filter((row) => kind.isOutdated(row));
      const resealed = outdated.flatMap((row) => this.#resealed(kind, row));
      if (resealed.length > 0) await kind.write(query, resealed);
      return resealed.length;
    });
  }

  #resealed<Row extends { readonly id: string }>(kind: SealedRows<Row>, row: Row): readonly Row[] {
    try {
      return [kind.resealed(row)];
    } catch (error) {
      const message = `The secrets of ${kind.what} ${row.id} do not open; they stay as they are.`;
      this.logger.error(message, { error: loggable(error) });
      return [];
    }
  }
}
