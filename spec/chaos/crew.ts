import { pick, type Random, upTo } from '../support/values/random';
import { until } from './until';
import { Worker } from './worker';
import type { WorkerMessage } from './worker-process';

/** What the workers reported. The report of a killed worker is incomplete. */
export interface Reported {
  committed: number;
  rolledBack: number;
  /** Transactions that ended with an error. */
  failed: number;
  /** The logged messages, each with its count. */
  readonly logged: Map<string, number>;
}

export interface CrewOptions {
  readonly url: string;
  readonly size: number;
  readonly pauseMs: number;
}

/** Number of concurrent transactions of a worker. */
const LANES = 3;
const MAX_SEED = 2 ** 31;

/** A fixed number of workers. A worker that ends is replaced. */
export class Crew {
  readonly reported: Reported = { committed: 0, rolledBack: 0, failed: 0, logged: new Map() };
  /** Workers that ended by themselves, or that did not end when they were asked to. */
  readonly faults: string[] = [];
  kills = 0;
  freezes = 0;
  #workers: readonly Worker[];
  #started = 0;
  #isWriting = true;
  #isEnding = false;

  constructor(
    private readonly options: CrewOptions,
    private readonly random: Random,
  ) {
    this.#workers = Array.from({ length: options.size }, () => this.#start());
  }

  /** Kills a worker that is at work. */
  async killAny(): Promise<void> {
    const worker = this.#anyAtWork();
    if (!worker) return;
    this.kills += 1;
    await worker.kill();
  }

  /** Stops a worker until its leases have expired. */
  async freezeAny(): Promise<void> {
    const worker = this.#anyAtWork();
    if (!worker) return;
    this.freezes += 1;
    await worker.freeze();
  }

  /** Asks all workers to stop writing. Resolves with true when none of them writes. */
  async rest(deadline: number): Promise<boolean> {
    this.#isWriting = false;
    for (const worker of this.#workers) worker.send('rest');
    return until(() => this.#workers.every(({ isResting }) => isResting), deadline);
  }

  /** Asks all workers to end after their deliveries in flight. */
  async end(patienceMs: number): Promise<void> {
    this.#isEnding = true;
    for (const worker of this.#workers) worker.send('end');
    const hasEnded = () => this.#workers.every(({ hasExited }) => hasExited);
    if (await until(hasEnded, Date.now() + patienceMs)) return;
    const left = this.#workers.filter(({ hasExited }) => !hasExited);
    this.faults.push(...left.map(({ name }) => `Worker ${name} did not end when it was asked to.`));
  }

  async killAll(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  /** Any worker at work, or null if it is the only one: on a slow machine the others may still be starting. */
  #anyAtWork(): Worker | null {
    const atWork = this.#workers.filter(({ isAtWork }) => isAtWork);
    return atWork.length < 2 ? null : pick(atWork, this.random);
  }

  #start(): Worker {
    this.#started += 1;
    const { url, pauseMs } = this.options;
    const worker = new Worker(
      {
        url,
        pauseMs,
        name: `worker ${this.#started}`,
        seed: upTo(MAX_SEED, this.random),
        lanes: this.#isWriting ? LANES : 0,
        dispatcher: this.#started % 3 === 0 ? 'inline' : 'default',
      },
      (message) => this.#onMessage(worker, message),
    );
    void worker.exit().then(() => this.#replace(worker));
    return worker;
  }

  #replace(worker: Worker): void {
    const { name, ownEnd } = worker;
    if (ownEnd !== null && !(this.#isEnding && ownEnd === '0'))
      this.faults.push(`${name} was not killed, but ended with ${ownEnd}.`);
    if (this.#isEnding) return;
    this.#workers = this.#workers.map((other) => (other === worker ? this.#start() : other));
  }

  #onMessage(worker: Worker, message: WorkerMessage): void {
    const { reported } = this;
    switch (message.kind) {
      case 'ready':
        if (this.#isEnding) worker.send('end');
        else if (!this.#isWriting) worker.send('rest');
        return;
      case 'resting':
        return;
      case 'wrote':
        reported.committed += message.committed;
        reported.rolledBack += message.rolledBack;
        return;
      case 'failed':
        reported.failed += 1;
        this.#log(`A transaction failed: ${message.reason}`);
        return;
      case 'logged':
        this.#log(message.message);
    }
  }

  #log(message: string): void {
    const { logged } = this.reported;
    logged.set(message, (logged.get(message) ?? 0) + 1);
  }
}
