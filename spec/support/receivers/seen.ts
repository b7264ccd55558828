import { inspect } from 'node:util';
import type { Logger as TypeormLogger } from 'typeorm';
import type { Logger } from '../../../lib';

/** A statement on a table of ours. A write of the application that stores its events too has the parameters of the application. */
const OURS = /^(?!WITH model_hook_).*"public"\."model_hook_/s;

/** Collects as text everything that leaves the package. */
export class Seen {
  readonly texts: string[] = [];

  readonly note = (...facts: readonly unknown[]): void => {
    for (const fact of facts)
      this.texts.push(
        typeof fact === 'string' ? fact : inspect(fact, { depth: null, showHidden: true }),
      );
  };

  readonly logger: Logger = {
    debug: this.note,
    info: this.note,
    warn: this.note,
    error: this.note,
  };

  /** Notes the statements of the package in the log of TypeORM. */
  readonly #noteQuery = (query: string, parameters: unknown): void => {
    if (OURS.test(query)) this.note(query, parameters);
  };

  readonly typeormLogger: TypeormLogger = {
    logQuery: this.#noteQuery,
    logQueryError: (error, query, parameters) => {
      this.#noteQuery(query, parameters);
      if (OURS.test(query)) this.note(error);
    },
    logQuerySlow: (_time, query, parameters) => this.#noteQuery(query, parameters),
    logSchemaBuild: () => undefined,
    logMigration: () => undefined,
    log: (_level, message) => this.note(message),
  };

  /** Expects a rejection and notes its error. */
  async refused(work: Promise<unknown>): Promise<void> {
    await expect(
      work.catch((error: unknown) => Promise.reject(this.#kept(error))),
    ).rejects.toThrow();
  }

  #kept(error: unknown): unknown {
    this.note(error);
    return error;
  }
}
