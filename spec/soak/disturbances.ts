import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { isLost } from '../../lib/store/retrying';
import type { ShutdownMode } from '../../scripts/embedded-server.mjs';
import type { OwnPostgres } from '../chaos/own-postgres';
import { ENGINE_STATEMENTS } from '../support/processes/engine-statements';
import type { FreezingProxy } from '../support/processes/freezing-proxy';
import { pick, type Random } from '../support/values/random';
import { APPLICATION_NAME, EVERY_MS, type Form, REPLACE_EVERY_MS } from './form';
import type { SoakListeners } from './listeners';
import type { Observed } from './observed';

/** What is disturbed, and what supervises it. */
export interface Scene {
  readonly dataSource: DataSource;
  readonly postgres: OwnPostgres;
  readonly proxy: FreezingProxy;
  readonly observed: Observed;
  readonly listeners: SoakListeners;
}

const HOUR_MS = 3_600_000;
const CLOCKS_MS = [2 * HOUR_MS, 0, -2 * HOUR_MS] as const;

/** Closes and freezes connections, restarts the database, sets the clock, and replaces endpoints, at random times. */
export class Disturbances {
  readonly restarts: ShutdownMode[] = [];
  terminated = 0;
  frozen = 0;
  clocksSet = 0;
  readonly #over = new AbortController();

  constructor(
    private readonly scene: Scene,
    private readonly random: Random,
  ) {}

  /** Resolves when the time of the writing is over. The clock is right then. */
  async run({ writingMs, restarts }: Form): Promise<void> {
    const { listeners, observed } = this.scene;
    const spread = (everyMs: number) => () => this.random() * 2 * everyMs;
    const restartEveryMs = writingMs / (restarts + 1);
    const striking = Promise.all([
      this.#again(spread(EVERY_MS.terminate), () => this.#terminateAny()),
      this.#again(spread(EVERY_MS.freeze), () => this.#freezeAny()),
      this.#again(spread(EVERY_MS.setClock), () => this.#setClock()),
      this.#again(
        () => restartEveryMs,
        () => this.#restart(),
      ),
      this.#again(
        () => REPLACE_EVERY_MS,
        () => listeners.addHopeless(),
      ),
    ]);
    // The restarts take time themselves.
    await Promise.race([sleep(writingMs), striking]);
    this.#over.abort();
    await striking;
    observed.setClock(0);
  }

  /** The kinds of disturbances that did not happen. */
  get missing(): readonly string[] {
    const counts = {
      'No connection was closed.': this.terminated,
      'No connection was frozen.': this.frozen,
      'The clock was not set.': this.clocksSet,
      'The database was not restarted twice.': this.restarts.length - 1,
    };
    return Object.entries(counts).flatMap(([fault, count]) => (count > 0 ? [] : fault));
  }

  async #again(pauseMs: () => number, strike: () => Promise<void> | void): Promise<void> {
    const { signal } = this.#over;
    for (;;) {
      await sleep(pauseMs(), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#unlessDown(strike);
    }
  }

  /** While the database restarts, other disturbances of it fail. */
  async #unlessDown(strike: () => Promise<void> | void): Promise<void> {
    try {
      await strike();
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }

  async #terminateAny(): Promise<void> {
    const { dataSource } = this.scene;
    const backends = await dataSource.query<{ pid: number }[]>(
      'SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY pid',
      [APPLICATION_NAME],
    );
    if (backends.length === 0) return;
    await dataSource.query('SELECT pg_terminate_backend($1)', [pick(backends, this.random).pid]);
    this.terminated += 1;
  }

  /**
   * The connection with the next statement of a step stops answering; none does, if the step does not run before the next call. A frozen
   * write of the application would be the trouble of the application.
   */
  #freezeAny(): void {
    const [, text] = pick(ENGINE_STATEMENTS, this.random);
    void this.scene.proxy.freezeAt(text).then(() => {
      this.frozen += 1;
    });
  }

  #setClock(): void {
    this.clocksSet += 1;
    this.scene.observed.setClock(pick(CLOCKS_MS, this.random));
  }

  async #restart(): Promise<void> {
    const mode = this.restarts.length % 2 === 0 ? 'fast' : 'immediate';
    await this.scene.postgres.restart(mode);
    this.restarts.push(mode);
  }
}
