import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../chaos/until';
import type { Gauge, ObservedCommand, ObservedMessage, ObservedOptions } from './observed-process';

/** The process that is observed: it writes and delivers for the whole run. */
export class Observed {
  readonly gauges: Gauge[] = [];
  /** The logged messages and the reasons of failed transactions, each with its count. */
  readonly logged = new Map<string, number>();
  rolledBack = 0;
  /** Transactions that ended with an error. */
  failed = 0;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #isReady = false;
  #isResting = false;

  constructor(options: ObservedOptions) {
    // fork() passes on the flags of Node.js, including those that make tsx run TypeScript.
    this.#process = fork(join(__dirname, 'observed-process.ts'), [JSON.stringify(options)]);
    this.#exited = once(this.#process, 'exit');
    this.#process.on('message', (message: ObservedMessage) => this.#onMessage(message));
  }

  /** Resolves when the process is attached and writes. */
  async ready(patienceMs: number): Promise<void> {
    await until(() => this.#isReady || this.hasExited, Date.now() + patienceMs);
    if (!this.#isReady || this.hasExited) throw new Error('The observed process did not start.');
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  setClock(aheadMs: number): void {
    this.#send({ kind: 'setClock', aheadMs });
  }

  /** Resolves with whether the process stopped writing in time. */
  async rest(patienceMs: number): Promise<boolean> {
    this.#send({ kind: 'rest' });
    return until(() => this.#isResting || this.hasExited, Date.now() + patienceMs);
  }

  /** Resolves with how the process ended, or null if it did not end in time. It ends by itself when nothing is open any more. */
  async end(patienceMs: number): Promise<string | null> {
    this.#send({ kind: 'end' });
    await until(() => this.hasExited, Date.now() + patienceMs);
    const { exitCode, signalCode } = this.#process;
    return this.hasExited ? `${signalCode ?? exitCode}` : null;
  }

  async kill(): Promise<void> {
    if (this.hasExited) return;
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #send(command: ObservedCommand): void {
    if (this.#process.connected) this.#process.send(command);
  }

  #onMessage(message: ObservedMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        return;
      case 'resting':
        this.#isResting = true;
        return;
      case 'gauge':
        this.gauges.push(message);
        return;
      case 'wrote':
        this.rolledBack += message.rolledBack;
        return;
      case 'failed':
        this.failed += 1;
        this.#log(`A transaction failed: ${message.reason}`);
        return;
      case 'logged':
        this.#log(message.message);
    }
  }

  #log(message: string): void {
    this.logged.set(message, (this.logged.get(message) ?? 0) + 1);
  }
}
