import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CrashAnswer, CrashCommand, CrashOptions } from './crash-process';

/** An application in a process of its own that can be killed. */
export class CrashChild {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(options: CrashOptions) {
    this.#process = fork(join(__dirname, 'crash-process.ts'), [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
    });
    this.#exited = once(this.#process, 'exit');
  }

  static async start(options: CrashOptions): Promise<CrashChild> {
    const child = new CrashChild(options);
    await child.#answer();
    return child;
  }

  /** Sends a command. Rejects if the process dies before it answers. */
  async tell(command: CrashCommand): Promise<CrashAnswer> {
    const answered = this.#answer();
    this.#process.send(command);
    return answered;
  }

  /** Sends a command that kills the process. Resolves with the signal. */
  async tellLast(command: CrashCommand): Promise<NodeJS.Signals | null> {
    this.#process.send(command);
    await this.#exited;
    return this.#process.signalCode;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  async #answer(): Promise<CrashAnswer> {
    const died = this.#exited.then(() => {
      throw new Error('The process died.');
    });
    const [answer] = await Promise.race([once(this.#process, 'message'), died]);
    return answer as CrashAnswer;
  }
}
