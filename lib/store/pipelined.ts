import type { LaterRows } from './later-rows';
import { parameterText } from './parameters';
import { parserOf } from './parsers';
import { type Preparation, type PreparedStatements, preparationOf } from './prepared';

/** One statement of a series. */
export interface Step {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
  /** Whether the server keeps it prepared. */
  readonly isFrequent?: boolean;
  /** Gets its rows, if it is not the main one. */
  readonly later?: LaterRows<unknown>;
}

/** Statements that are sent together, in one round trip. The rows are those of `main`. */
export interface Series {
  readonly before: readonly Step[];
  readonly main: Step;
  readonly after: readonly Step[];
}

type Row = Record<string, unknown>;
type Callback = (error: Error | null, rows?: Row[]) => void;

/** The part of the protocol of `pg` that a query object uses, as that of `pg-cursor` does. */
export interface Protocol {
  readonly stream: { cork?(): void; uncork?(): void };
  parse(statement: { readonly name: string; readonly text: string }): void;
  close(statement: { readonly type: 'S'; readonly name: string }): void;
  bind(portal: { readonly statement: string; readonly values: readonly (string | null)[] }): void;
  describe(portal: { readonly type: 'P' }): void;
  execute(portal: { readonly rows: number }): void;
  sync(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/**
 * A query object of `pg` that sends a series at once. The first error ends the series: the rest is not run. Without a BEGIN in it, the
 * series is one transaction.
 */
export class Pipelined {
  readonly #steps: readonly Step[];
  /** The rows of each step that returns some. */
  readonly #rows: Row[][];
  #prepared: readonly Preparation[] = [];
  #fields: readonly Field[] = [];
  #done = 0;
  #error: Error | null = null;

  constructor(
    private readonly series: Series,
    /** `pg` may replace it. */
    public callback: Callback,
    private readonly statements: PreparedStatements | null = null,
  ) {
    this.#steps = [...series.before, series.main, ...series.after];
    this.#rows = this.#steps.map(() => []);
  }

  submit(protocol: Protocol): Error | null {
    let bound: (readonly (string | null)[])[];
    try {
      bound = this.#steps.map(({ parameters = [] }) => parameters.map(parameterText));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    protocol.stream.cork?.();
    const preparations = this.#steps.map((step) => preparationOf(this.statements, step));
    this.#prepared = preparations.filter(({ name, isNew }) => name !== '' && isNew);
    for (const [n, step] of this.#steps.entries()) {
      const { name, isNew, isDoubtful } = preparations[n] ?? preparationOf(null, step);
      if (isDoubtful) protocol.close({ type: 'S', name });
      if (isNew) protocol.parse({ name, text: step.sql });
      protocol.bind({ statement: name, values: bound[n] ?? [] });
      if (this.#isRead(step)) protocol.describe({ type: 'P' });
      protocol.execute({ rows: 0 });
    }
    protocol.sync();
    protocol.stream.uncork?.();
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#fields = fields;
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const step = this.#steps[this.#done];
    if (!step || !this.#isRead(step) || this.#error) return;
    try {
      this.#rows[this.#done]?.push(this.#row(fields));
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete(): void {
    this.#done += 1;
  }

  handleEmptyQuery(): void {
    this.#done += 1;
  }

  handleError(error: Error): void {
    this.statements?.doubt(this.#prepared);
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.statements?.add(this.#prepared);
    for (const [n, { later }] of this.#steps.entries()) later?.arrive(this.#rows[n] ?? []);
    this.callback(this.#error, this.#rows[this.series.before.length]);
  }

  #isRead(step: Step): boolean {
    return step === this.series.main || step.later !== undefined;
  }

  #row(values: readonly (string | null)[]): Row {
    const row: Row = {};
    for (const [n, { name, dataTypeID }] of this.#fields.entries()) {
      const value = values[n] ?? null;
      row[name] = value === null ? null : parserOf(dataTypeID)(value);
    }
    return row;
  }
}
