import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ReleaseAnswer, ReleaseCommand, ReleaseOptions } from './release-process';

/** An application in a process of its own, with this release or the previous one. */
export class ReleaseChild {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #errors: readonly string[] = [];

  private constructor(options: ReleaseOptions) {
    this.#process = fork(join(__dirname, 'release-process.ts'), [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
    });
    this.#exited = once(this.#process, 'exit');
  }

  static async start(options: ReleaseOptions): Promise<ReleaseChild> {
    const child = new ReleaseChild(options);
    await child.#answered();
    return child;
  }

  /** What it has logged as errors. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** Rejects if the process ends before it answers. */
  async tell(command: ReleaseCommand): Promise<void> {
    const answered = this.#answered();
    this.#process.send(command);
    await answered;
  }

  /** Ends it as a deployment does. */
  async stop(): Promise<void> {
    await this.tell({ kind: 'stop' });
    this.#process.disconnect();
    await this.#exited;
  }

  /** Ends it at once; without effect if it has ended. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  async #answered(): Promise<void> {
    const ended = this.#exited.then(() => {
      throw new Error('The process has ended.');
    });
    const [answer] = await Promise.race([once(this.#process, 'message'), ended]);
    this.#errors = (answer as ReleaseAnswer).errors;
  }
}
