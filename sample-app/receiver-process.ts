import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Knowledge, Question, Receipt } from './receiver';

/** Starts and asks the receiving process. The receiver ends when this process ends for any reason. */
export class ReceiverProcess {
  /** Starts the process, which listens on a free port. */
  static async start(): Promise<ReceiverProcess> {
    // fork() passes on the flags of Node.js, including those that make tsx run TypeScript.
    const child = fork(require.resolve('./receiver'));
    return new ReceiverProcess(child, await reply<string>(child));
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Gives the secrets of the listeners to the receiver, which refuses all requests before that. */
  async learn(knowledge: Knowledge): Promise<void> {
    await this.#ask({ ask: 'learn', knowledge });
  }

  /** All requests that were received until now. */
  receipts(): Promise<readonly Receipt[]> {
    return this.#ask({ ask: 'receipts' });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  #ask(question: Question): Promise<readonly Receipt[]> {
    const answer = reply<readonly Receipt[]>(this.child);
    this.child.send(question);
    return answer;
  }
}

/** The answer to a question. Each question has one answer, and only one is open at a time. */
async function reply<Answer>(child: ChildProcess): Promise<Answer> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`The receiver ended with ${code}.`);
      }),
    ]);
    return answer;
  } finally {
    settled.abort();
  }
}
