import { OptionInvalidError } from '../../errors/option-errors';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';

/** A kind of row that holds secrets. */
export interface SealedRows<Row extends { readonly id: string }> {
  /** The kind of row, for log messages. */
  readonly what: string;
  /** The rows after that id, in the order of their ids. */
  page(store: Store, after: string | null): Promise<readonly Row[]>;
  /** Whether anything in it is not encrypted with the newest key. */
  isOutdated(row: Row): boolean;
  /** Locks rows and reads them as they are now. */
  locked(store: Store, ids: readonly string[]): Promise<readonly Row[]>;
  /** Throws if it cannot be decrypted. */
  resealed(row: Row): Row;
  write(store: Store, rows: readonly Row[]): Promise<void>;
}

/** Rows that are read at once, and written in one transaction. */
export const RESEALED_AT_ONCE = 1_000;

/** Encrypts with the newest key what an older key encrypted, or none. It can be stopped and run again: finished rows are skipped. */
export class Reencryption {
  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly kinds: readonly SealedRows<{ readonly id: string }>[],
    private readonly logger: Logger,
  ) {}

  /** Resolves with the number of rows that it encrypted. */
  async run(onProgress?: (resealed: number) => unknown): Promise<number> {
    if (this.vault.newest === null)
      throw new OptionInvalidError('encryptionKeys', 'given: there is no key to encrypt with');
    let done = 0;
    for (const kind of this.kinds)
      for await (const count of this.#pages(kind)) {
        done += count;
        await onProgress?.(done);
      }
    return done;
  }

  async *#pages<Row extends { readonly id: string }>(
    kind: SealedRows<Row>,
  ): AsyncGenerator<number> {
    let page = await kind.page(this.store, null);
    for (let last = page.at(-1); last; last = page.at(-1)) {
      const outdated = page.filter((row) => kind.isOutdated(row)).map(({ id }) => id);
      if (outdated.length > 0) yield await this.#reseal(kind, outdated);
      page = await kind.page(this.store, last.id);
    }
  }

  #reseal<Row extends { readonly id: string }>(
    kind: SealedRows<Row>,
    ids: readonly string[],
  ): Promise<number> {
    return this.store.transaction(async (store) => {
      // Another process may have saved and encrypted a row since it was read.
      const outdated = (await kind.locked(store, ids)).filter((row) => kind.isOutdated(row));
      const resealed = outdated.flatMap((row) => this.#resealed(kind, row));
      if (resealed.length > 0) await kind.write(store, resealed);
      return resealed.length;
    });
  }

  #resealed<Row extends { readonly id: string }>(kind: SealedRows<Row>, row: Row): readonly Row[] {
    try {
      return [kind.resealed(row)];
    } catch (error) {
      const message = `The secrets of ${kind.what} ${row.id} cannot be decrypted; they are not changed.`;
      this.logger.error(message, { error: loggable(error) });
      return [];
    }
  }
}
