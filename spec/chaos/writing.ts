import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Logger, ModelHooks } from '../../lib';
import { pick, type Random } from '../support/values/random';
import { TRANSACTIONS, type Written } from './transactions';
import { Writer } from './writer';

/** What a process that writes sends to its supervisor. */
export type WriterMessage =
  | ({ readonly kind: 'wrote' } & Written)
  /** A transaction ended with an error. Only the ledger shows whether it committed. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'logged'; readonly message: string };

export interface WritingOptions {
  /** Unique among all processes of the run. */
  readonly name: string;
  /** Number of concurrent transactions. */
  readonly lanes: number;
  /** Average time between two transactions of a lane. */
  readonly pauseMs: number;
}

/** Time after an error. */
export const BREATH_MS = 100;

/** Runs transactions until it is stopped. */
export class Writing {
  #isStopped = false;
  #done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly hooks: ModelHooks,
    private readonly random: Random,
  ) {}

  start({ name, lanes, pauseMs }: WritingOptions): void {
    const writing = Array.from({ length: lanes }, (_, lane) =>
      this.#write(`${name}.${lane}`, pauseMs),
    );
    this.#done = Promise.all(writing);
  }

  /** Resolves when no transaction runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #write(name: string, pauseMs: number): Promise<void> {
    const writer = new Writer(this.hooks, name, this.random);
    while (!this.#isStopped) {
      report(await this.#writeOne(writer));
      await sleep(this.random() * 2 * pauseMs);
    }
  }

  async #writeOne(writer: Writer): Promise<WriterMessage> {
    try {
      const transaction = pick(TRANSACTIONS, this.random);
      return { kind: 'wrote', ...(await transaction(writer, this.dataSource)) };
    } catch (error) {
      await sleep(BREATH_MS);
      return { kind: 'failed', reason: messageOf(error) };
    }
  }
}

/** Sends warnings and errors to the supervisor. */
export const REPORTING_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: log,
  error: log,
};

/** An error is logged as the facts that may be shown. */
function log(message: string, { error }: Readonly<Record<string, unknown>> = {}): void {
  const { name, code, message: why } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const shown = [code ?? name, why].filter((fact) => fact !== undefined);
  const facts = shown.length > 0 ? ` (${shown.join(': ')})` : '';
  report<WriterMessage>({ kind: 'logged', message: message + facts });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function report<Message extends object = WriterMessage>(message: Message): void {
  if (process.connected) process.send?.(message);
}
