import { createHash } from 'node:crypto';
import { remember } from '../base/remember';

/** Names kept by SQL. There are some dozen frequent statements. */
const MAX_NAMES = 500;
/** The first characters of a hash. PostgreSQL allows names of 63 bytes. */
const NAME_LENGTH = 24;

const names = new Map<string, string>();

/** The name of a statement says which text it has, so that two processes behind one pooler never mean different ones. */
function nameOf(sql: string): string {
  const known = names.get(sql);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(sql).digest('hex');
  const name = `model_hooks_${hash.slice(0, NAME_LENGTH)}`;
  remember(names, MAX_NAMES, sql, name);
  return name;
}

/** How one statement is sent on one connection. */
export interface Preparation {
  /** Empty: it is not kept. */
  readonly name: string;
  /** Whether its text must be sent. */
  readonly isNew: boolean;
  /** Whether the server may have a statement of that name, which must be closed before. */
  readonly isDoubtful: boolean;
}

const UNNAMED: Preparation = { name: '', isNew: true, isDoubtful: false };

/** The frequent statements that one connection has prepared. The server parses and plans them once, and not each time. */
export class PreparedStatements {
  readonly #ready = new Set<string>();
  readonly #doubtful = new Set<string>();

  of(sql: string): Preparation {
    const name = nameOf(sql);
    return { name, isNew: !this.#ready.has(name), isDoubtful: this.#doubtful.has(name) };
  }

  /** They were prepared. */
  add(preparations: readonly Preparation[]): void {
    for (const { name } of preparations) {
      this.#ready.add(name);
      this.#doubtful.delete(name);
    }
  }

  /** It is not known which of them were prepared, because an error came. */
  doubt(preparations: readonly Preparation[]): void {
    for (const { name } of preparations) {
      this.#ready.delete(name);
      this.#doubtful.add(name);
    }
  }
}

/** The statements that all connections of one pool have prepared. */
export class PreparedPool {
  readonly #ofClient = new WeakMap<object, PreparedStatements>();
  #isUsed: boolean;

  constructor(isUsed: boolean) {
    this.#isUsed = isUsed;
  }

  /** Null if nothing is prepared. */
  of(client: object): PreparedStatements | null {
    if (!this.#isUsed) return null;
    const statements = this.#ofClient.get(client) ?? new PreparedStatements();
    this.#ofClient.set(client, statements);
    return statements;
  }

  /** Prepares nothing any more: a pooler gives each transaction another connection to the server. */
  giveUp(): void {
    this.#isUsed = false;
  }
}

/** How a statement of a series is sent. */
export function preparationOf(
  prepared: PreparedStatements | null,
  { sql, isFrequent }: { readonly sql: string; readonly isFrequent?: boolean },
): Preparation {
  return prepared && isFrequent ? prepared.of(sql) : UNNAMED;
}

/** The server does not have the statement, has another of that name, or must plan it anew because a table has changed. */
const UNPREPARED: ReadonlySet<unknown> = new Set(['26000', '42P05', '0A000']);

/** Whether a statement failed because of how it was prepared, so that it succeeds if it is not. */
export function isUnprepared(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNPREPARED.has(error.code);
}
