import type { DataSource } from 'typeorm';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import { Seldom } from '../logging/seldom';
import type { Store } from '../store/store';
import type { Telemetry } from '../telemetry/telemetry';

export interface LagGaugeParts {
  readonly dataSource: DataSource;
  readonly store: Pick<Store, 'lag'>;
  readonly telemetry: Pick<Telemetry, 'metrics'>;
  readonly logger: Pick<Logger, 'warn'>;
}

const LOGGED_EVERY_MS = 3_600_000;

/** Tells OpenTelemetry how long the oldest work of the database has been left to do, while the DataSource is attached. */
export class LagGauge {
  #end: (() => void) | undefined;
  #reading: Promise<number | null> | undefined;
  readonly #seldom = new Seldom(LOGGED_EVERY_MS);

  constructor(private readonly parts: LagGaugeParts) {}

  begin(): void {
    const { dataSource, telemetry } = this.parts;
    const { database = '', schema = 'public' } = dataSource.driver;
    // DataSources of one process must not overwrite each other's value.
    const attributes = { 'db.namespace': `${database}|${schema}` };
    this.#end ??= telemetry.metrics?.observeOldest(() => this.#read(), attributes);
  }

  end(): void {
    this.#end?.();
    this.#end = undefined;
  }

  /** Collections at the same time share one query. */
  #read(): Promise<number | null> {
    this.#reading ??= this.#oldestSeconds().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #oldestSeconds(): Promise<number | null> {
    const { store, logger } = this.parts;
    try {
      const seconds = await store.lag.oldestSeconds();
      return this.#end ? seconds : null;
    } catch (error) {
      if (this.#end && this.#seldom.isDue('lag'))
        logger.warn('The lag could not be read for OpenTelemetry.', { error: loggable(error) });
      return null;
    }
  }
}
