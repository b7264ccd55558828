import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nowMs } from './numbers';

/** A received request. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The time at which the whole request had arrived, as `nowMs()`. */
  readonly atMs: number;
}

/** A receiver that runs in a process of its own. */
export interface Receiver {
  readonly url: string;
  /** The requests since the last call. The receiver keeps a limited number. */
  take(): Promise<readonly Received[]>;
  stop(): Promise<void>;
}

/** Limit of kept requests. The requests of a backlog are only counted. */
const KEPT = 5_000;

/** Runs some work with a receiver, and stops the receiver afterwards. */
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

/** The receiving process: answers 200 with an empty body and keeps connections alive. */
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
