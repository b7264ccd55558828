import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nowMs } from './numbers';

/** A request as it came. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When it had come in full, by `nowMs()`. */
  readonly atMs: number;
}

/** A receiver in a process of its own. */
export interface Receiver {
  readonly url: string;
  /** What came since it was asked last, at most so many as it keeps. */
  take(): Promise<readonly Received[]>;
  stop(): Promise<void>;
}

/** Enough for what is looked at one by one; a backlog is only counted. */
const KEPT = 5_000;

/** Gives a receiver to some work, and stops it after. */
export async function withReceiver<T>(work: (receiver: Receiver) => Promise<T>): Promise<T> {
  const receiver = await startReceiver();
  try {
    return await work(receiver);
  } finally {
    await receiver.stop();
  }
}

async function startReceiver(): Promise<Receiver> {
  const child = fork(require.resolve('./main'), ['receiver']);
  const url = await answer<string>(child);
  return {
    url,
    take: () => {
      const taken = answer<readonly Received[]>(child);
      child.send('take');
      return taken;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/** The next message of a child. */
export async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

/** In the process of the receiver: answers 200 with an empty body and keeps connections alive. */
export async function receive(): Promise<void> {
  let received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const atMs = nowMs();
      response.end();
      if (received.length >= KEPT) return;
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), atMs });
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.on('message', () => {
    process.send?.(received);
    received = [];
  });
  process.on('disconnect', () => process.exit());
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
