import type { Logger } from 'typeorm';

/** Keeps the statements that TypeORM logs, each with its parameters. */
export class Statements implements Logger {
  readonly seen: string[] = [];

  logQuery(query: string, parameters: unknown[] = []): void {
    this.seen.push(`${query} ${JSON.stringify(parameters)}`);
  }

  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
