import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FROZEN_MS } from './leases';
import type { WorkerCommand, WorkerMessage, WorkerOptions } from './worker-process';

/** A process that writes and delivers until it is killed or asked to end. */
export class Worker {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #isReady = false;
  #isResting = false;
  #isFrozen = false;
  #isKilled = false;

  constructor(options: WorkerOptions, onMessage: (message: WorkerMessage) => void) {
    this.name = options.name;
    // fork() passes on the flags of Node.js, including those that make tsx run TypeScript.
    this.#process = fork(join(__dirname, 'worker-process.ts'), [JSON.stringify(options)]);
    this.#exited = once(this.#process, 'exit');
    this.#process.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') this.#isReady = true;
      if (message.kind === 'resting') this.#isResting = true;
      onMessage(message);
    });
  }

  /** Whether the worker is attached and runs. */
  get isAtWork(): boolean {
    return this.#isReady && !this.#isFrozen && !this.hasExited;
  }

  get isResting(): boolean {
    return this.#isResting && !this.hasExited;
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** How the worker ended by itself, or null if it was killed or has not ended. */
  get ownEnd(): string | null {
    const { exitCode, signalCode } = this.#process;
    return this.#isKilled || !this.hasExited ? null : `${signalCode ?? exitCode}`;
  }

  /** Sends a command. It is ignored before the worker is attached. */
  send(command: WorkerCommand): void {
    if (this.#isReady && this.#process.connected) this.#process.send(command);
  }

  async kill(): Promise<void> {
    if (this.hasExited) return;
    this.#isKilled = true;
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  /** Blocks the worker, and resolves when it runs again. */
  async freeze(): Promise<void> {
    this.#isFrozen = true;
    this.send('freeze');
    await sleep(FROZEN_MS);
    this.#isFrozen = false;
  }

  /** Resolves when the process has ended for any reason. */
  async exit(): Promise<void> {
    await this.#exited;
  }
}
