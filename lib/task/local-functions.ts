import type { TaskReply } from './options';

/** Reads the answer of a task in place of the protocol. */
export type Parse = (text: string, reply: TaskReply) => unknown;

/** The functions of tasks that only this process can run. */
export class LocalFunctions {
  readonly #parsers = new Map<string, Parse>();

  add(taskId: string, parse: Parse): void {
    this.#parsers.set(taskId, parse);
  }

  find(taskId: string): Parse | undefined {
    return this.#parsers.get(taskId);
  }

  /** The task has ended, or does not exist. */
  forget(taskId: string): void {
    this.#parsers.delete(taskId);
  }
}
