import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Save } from '../latency';
import { answer } from '../receiver';

export const CONTENDER = 'contender';

/** How events reach their receiver. */
export const KINDS = [
  'default',
  'worker',
  'bullmq',
  'triggers',
  'by hand, undici',
  'by hand, fetch',
] as const;

export type Kind = (typeof KINDS)[number];

export interface Order {
  readonly kind: Kind;
  readonly url: string;
  readonly receiverUrl: string;
  /** Stored listeners, of which one matches. */
  readonly listeners: number;
}

export type Task =
  /** Saves arrays of 100 one after the other, and waits until all events have ended. */
  | { readonly task: 'arrays'; readonly events: number }
  /** Saves single entities, 8 at a time, and waits until all events have ended. */
  | { readonly task: 'singles'; readonly events: number }
  /** Saves single entities one after the other, and does not wait for their events. */
  | { readonly task: 'saves'; readonly events: number }
  /** Begins a save at regular times, and waits until all events have ended. */
  | { readonly task: 'paced'; readonly perSecond: number; readonly seconds: number };

export interface Done {
  readonly seconds: number;
  /** Processor time of the processes that save and send, for all events. */
  readonly cpuMs: number;
  /** The single saves of `saves` and `paced`. */
  readonly saves: readonly Save[];
}

/** A contender in a process of its own. */
export class Contender {
  private constructor(private readonly child: ChildProcess) {}

  static async start(order: Order): Promise<Contender> {
    const child = fork(require.resolve('../main'), [CONTENDER, JSON.stringify(order)]);
    await answer(child);
    return new Contender(child);
  }

  run(task: Task): Promise<Done> {
    const done = answer<Done>(this.child);
    this.child.send(task);
    return done;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
