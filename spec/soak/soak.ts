import { migrated } from '../chaos/chaos';
import { leftovers } from '../chaos/findings';
import { OwnPostgres } from '../chaos/own-postgres';
import { until } from '../chaos/until';
import { type FreezingProxy, startFreezingProxy } from '../support/processes/freezing-proxy';
import { randomFrom } from '../support/values/random';
import { type Measure, measuresOf } from './bounds';
import { Disturbances, type Scene } from './disturbances';
import { type Findings, findings } from './findings';
import type { Form } from './form';
import { Inbox } from './inbox';
import { SoakListeners } from './listeners';
import { Observed } from './observed';
import { Samples } from './samples';
import { sampleTables, unprunedEvents } from './tables';

export interface Report extends Findings {
  readonly server: string;
  readonly observed: Pick<Observed, 'rolledBack' | 'failed' | 'logged'>;
  readonly disturbances: Pick<Disturbances, 'terminated' | 'frozen' | 'clocksSet' | 'restarts'>;
  readonly endpoints: number;
  readonly measures: readonly Measure[];
  /** Events whose rows are deleted. */
  readonly pruned: number;
  /** Rows of our tables at the end. */
  readonly rows: Readonly<Record<string, number>>;
  readonly writingMs: number;
  /** Time from the end of writing until nothing was left to do. */
  readonly settlingMs: number;
}

const START_PATIENCE_MS = 60_000;
const END_PATIENCE_MS = 30_000;

/** Disturbs a process that writes and delivers, receives its requests, and measures what it holds. */
export class Soak {
  readonly #inbox: Inbox;
  #postgres: OwnPostgres | undefined;
  #proxy: FreezingProxy | undefined;
  #observed: Observed | undefined;

  constructor(
    private readonly form: Form,
    private readonly seed: number,
  ) {
    this.#inbox = new Inbox(seed);
  }

  async run(): Promise<Report> {
    const scene = await this.#prepare();
    const { postgres, dataSource, listeners, observed, proxy } = scene;
    const samples = new Samples(dataSource, proxy);
    samples.start();
    const disturbances = new Disturbances(scene, randomFrom(this.seed));
    const startedAt = Date.now();
    await disturbances.run(this.form);
    const restingAt = Date.now();
    const gauges = [...observed.gauges];
    const settled = await this.#settle(scene);
    const settledAt = Date.now();
    await samples.stop();
    const ended = await observed.end(END_PATIENCE_MS);
    const endpoints = listeners.endpoints.size;
    const { tables, connections } = samples;
    const measures = measuresOf({ gauges, tables, connections });
    const found = await findings(dataSource, listeners.endpoints, this.#inbox.receipts);
    const { rows } = await sampleTables(dataSource);
    const pruned = found.committed - (await unprunedEvents(dataSource));
    await dataSource.destroy();
    return {
      ...found,
      broken: [
        ...settled,
        ...endFaults(ended),
        ...measures.flatMap(({ fault }) => fault ?? []),
        ...this.#omissions(disturbances, pruned),
        ...found.broken,
      ],
      server: postgres.server,
      observed,
      disturbances,
      endpoints,
      measures,
      pruned,
      rows,
      writingMs: restingAt - startedAt,
      settlingMs: settledAt - restingAt,
    };
  }

  /** Stops everything that was started. It can be called at any time. */
  async close(): Promise<void> {
    await this.#observed?.kill();
    await this.#inbox.close();
    await this.#proxy?.close();
    await this.#postgres?.stop();
  }

  async #prepare(): Promise<Scene> {
    const postgres = await OwnPostgres.start();
    this.#postgres = postgres;
    const dataSource = await migrated(postgres.url);
    const listeners = await SoakListeners.start(dataSource, this.#inbox);
    const proxy = await startFreezingProxy(postgres.url);
    this.#proxy = proxy;
    const observed = new Observed({ url: proxy.url, seed: this.seed });
    this.#observed = observed;
    await observed.ready(START_PATIENCE_MS);
    return { postgres, dataSource, listeners, proxy, observed };
  }

  /** Waits until the process does not write, and nothing is left to do. Returns what did not happen in time. */
  async #settle({ dataSource, listeners, observed }: Scene): Promise<readonly string[]> {
    const deadline = Date.now() + this.form.settlingMs;
    const isResting = await observed.rest(this.form.settlingMs);
    await listeners.removeHopeless();
    const isSettled = async () =>
      Object.values(await leftovers(dataSource)).every((count) => count === 0);
    await until(isSettled, deadline);
    return isResting ? [] : ['The process did not stop writing.'];
  }

  #omissions({ missing }: Disturbances, pruned: number): readonly string[] {
    if (!this.form.isComplete) return [];
    return pruned > 0 ? missing : [...missing, 'No event was pruned.'];
  }
}

function endFaults(ended: string | null): readonly string[] {
  if (ended === '0') return [];
  return [ended === null ? 'The process did not end.' : `The process ended with ${ended}.`];
}
