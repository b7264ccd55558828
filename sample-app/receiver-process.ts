import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Knowledge, Question, Receipt } from './receiver';

/** The process that receives, seen from the one that sends. It ends with it, however that ends. */
export class ReceiverProcess {
  /** Starts the process; it listens on a free port. */
  static async start(): Promise<ReceiverProcess> {
    // Node's own flags are handed on, those by which tsx runs TypeScript among them.
    const child = fork(require.resolve('./receiver'));
    return new ReceiverProcess(child, await reply<string>(child));
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Until it has learned whom to expect, it refuses everything. */
  async learn(knowledge: Knowledge): Promise<void> {
    await this.#ask({ ask: 'learn', knowledge });
  }

  /** Everything that was received so far. */
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

/** One message at a time: every question has one answer. */
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
