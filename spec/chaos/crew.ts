import { pick, type Random, upTo } from '../support/values/random';
import { until } from './until';
import { Worker } from './worker';
import type { WorkerMessage } from './worker-process';

/** What the workers said. Whoever was killed did not say all. */
export interface Hearsay {
  committed: number;
  rolledBack: number;
  /** Transactions that ended with an error. */
  unanswered: number;
  /** What was logged, and how often. */
  readonly logged: Map<string, number>;
}

export interface CrewOptions {
  readonly url: string;
  readonly size: number;
  readonly pauseMs: number;
}

/** Transactions that a worker writes at once. */
const LANES = 3;
const MAX_SEED = 2 ** 31;

/** The workers: always as many as there are to be, for whoever ends is replaced. */
export class Crew {
  readonly hearsay: Hearsay = { committed: 0, rolledBack: 0, unanswered: 0, logged: new Map() };
  /** What no worker may do: how they ended by themselves, or did not end when they were asked to. */
  readonly faults: string[] = [];
  kills = 0;
  freezes = 0;
  #workers: readonly Worker[];
  #hired = 0;
  #isWriting = true;
  #isEnding = false;

  constructor(
    private readonly options: CrewOptions,
    private readonly random: Random,
  ) {
    this.#workers = Array.from({ length: options.size }, () => this.#hire());
  }

  /** Kills one that is at work, whatever it is doing. */
  async killAny(): Promise<void> {
    const worker = this.#anyAtWork();
    if (!worker) return;
    this.kills += 1;
    await worker.kill();
  }

  /** Keeps one from doing anything until its leases have run out. */
  async freezeAny(): Promise<void> {
    const worker = this.#anyAtWork();
    if (!worker) return;
    this.freezes += 1;
    await worker.freeze();
  }

  /** Nobody writes any more when this resolves with true. */
  async rest(deadline: number): Promise<boolean> {
    this.#isWriting = false;
    for (const worker of this.#workers) worker.tell('rest');
    return until(() => this.#workers.every(({ isResting }) => isResting), deadline);
  }

  /** Asks all to end, which takes them no longer than what is in flight there. */
  async end(patienceMs: number): Promise<void> {
    this.#isEnding = true;
    for (const worker of this.#workers) worker.tell('end');
    const hasEnded = () => this.#workers.every(({ hasExited }) => hasExited);
    if (await until(hasEnded, Date.now() + patienceMs)) return;
    const left = this.#workers.filter(({ hasExited }) => !hasExited);
    this.faults.push(...left.map(({ name }) => `Worker ${name} did not end when it was asked to.`));
  }

  async killAll(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  /** On a slow machine all others may be starting still: somebody must be left to work. */
  #anyAtWork(): Worker | null {
    const atWork = this.#workers.filter(({ isAtWork }) => isAtWork);
    return atWork.length < 2 ? null : pick(atWork, this.random);
  }

  #hire(): Worker {
    this.#hired += 1;
    const { url, pauseMs } = this.options;
    const worker = new Worker(
      {
        url,
        pauseMs,
        name: `worker ${this.#hired}`,
        seed: upTo(MAX_SEED, this.random),
        lanes: this.#isWriting ? LANES : 0,
        dispatcher: this.#hired % 3 === 0 ? 'inline' : 'default',
      },
      (message) => this.#heard(worker, message),
    );
    void worker.exit().then(() => this.#replace(worker));
    return worker;
  }

  #replace(worker: Worker): void {
    const { name, ownEnd } = worker;
    if (ownEnd !== null && !(this.#isEnding && ownEnd === '0'))
      this.faults.push(`Nobody killed ${name}, and it ended with ${ownEnd}.`);
    if (this.#isEnding) return;
    this.#workers = this.#workers.map((other) => (other === worker ? this.#hire() : other));
  }

  #heard(worker: Worker, message: WorkerMessage): void {
    const { hearsay } = this;
    switch (message.kind) {
      case 'ready':
        if (this.#isEnding) worker.tell('end');
        else if (!this.#isWriting) worker.tell('rest');
        return;
      case 'resting':
        return;
      case 'wrote':
        hearsay.committed += message.committed;
        hearsay.rolledBack += message.rolledBack;
        return;
      case 'unanswered':
        hearsay.unanswered += 1;
        this.#log(`A transaction failed: ${message.reason}`);
        return;
      case 'logged':
        this.#log(message.message);
    }
  }

  #log(message: string): void {
    const { logged } = this.hearsay;
    logged.set(message, (logged.get(message) ?? 0) + 1);
  }
}
