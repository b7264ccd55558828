import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nowMs } from '../numbers';
import { isHealthyAt } from './population';

/** What all endpoints received since the last question. */
export interface Arrivals {
  /** Ages of the requests to healthy endpoints: time since their payment was saved. */
  readonly agesMs: readonly number[];
  /** Number of requests to endpoints that hang. */
  readonly hung: number;
}

/** The process of the endpoints. Some answer 200 at once, and the others accept a request and never answer. */
async function serve(): Promise<void> {
  let agesMs: number[] = [];
  let hung = 0;
  const server = createServer(async (request, response) => {
    if (!isHealthyAt(request.socket.localAddress ?? '')) {
      hung += 1;
      return;
    }
    const { note } = await bodyOf(request);
    agesMs.push(nowMs() - Number(note));
    response.end();
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  process.on('message', () => {
    process.send?.({ agesMs, hung } satisfies Arrivals);
    agesMs = [];
    hung = 0;
  });
  process.on('disconnect', () => process.exit());
  process.send?.((server.address() as AddressInfo).port);
}

async function bodyOf(request: IncomingMessage): Promise<{ readonly note: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

void serve();
