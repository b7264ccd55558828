import { parameterText } from './parameters';
import { parserOf } from './parsers';

/** One statement of a series. */
export interface Step {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
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
  parse(statement: { readonly text: string }): void;
  bind(portal: { readonly values: readonly (string | null)[] }): void;
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
  readonly #rows: Row[] = [];
  #fields: readonly Field[] = [];
  #done = 0;
  #error: Error | null = null;

  constructor(
    private readonly series: Series,
    /** `pg` may replace it. */
    public callback: Callback,
  ) {
    this.#steps = [...series.before, series.main, ...series.after];
  }

  submit(protocol: Protocol): Error | null {
    let bound: (readonly (string | null)[])[];
    try {
      bound = this.#steps.map(({ parameters = [] }) => parameters.map(parameterText));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    protocol.stream.cork?.();
    for (const [n, step] of this.#steps.entries()) {
      protocol.parse({ text: step.sql });
      protocol.bind({ values: bound[n] ?? [] });
      if (step === this.series.main) protocol.describe({ type: 'P' });
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
    if (this.#steps[this.#done] !== this.series.main || this.#error) return;
    try {
      this.#rows.push(this.#row(fields));
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
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(this.#error, this.#rows);
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
