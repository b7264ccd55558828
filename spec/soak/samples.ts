import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { isLost } from '../../lib/store/retrying';
import type { FreezingProxy } from '../support/processes/freezing-proxy';
import { SAMPLE_EVERY_MS } from './form';
import { sampleTables, type TableSample } from './tables';

/** What the supervisor measures from time to time. */
export class Samples {
  readonly tables: TableSample[] = [];
  /** Open connections of the observed process to the database. */
  readonly connections: number[] = [];
  readonly #over = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly proxy: Pick<FreezingProxy, 'size'>,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      this.connections.push(this.proxy.size);
      await this.#sampleTables();
      await sleep(SAMPLE_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Leaves the sample out while the database restarts. */
  async #sampleTables(): Promise<void> {
    try {
      this.tables.push(await sampleTables(this.dataSource));
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }
}
