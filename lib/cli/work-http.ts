import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Watched, WorkMetrics } from './work-metrics';

interface Place {
  readonly port: number;
  readonly host: string;
}

const REQUEST_MS = 10_000;

/** Serves the health and the metrics of a worker. It asks the database nothing, so that no caller can load it. */
export class WorkHttp {
  private constructor(
    private readonly server: Server,
    private readonly metrics: WorkMetrics,
  ) {}

  static async listen(watched: Watched, { port, host }: Place): Promise<WorkHttp> {
    const metrics = new WorkMetrics(watched);
    const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
      answer(request, response, { watched, metrics }).catch(() => response.destroy());
    });
    server.listen(port, host);
    await once(server, 'listening');
    return new WorkHttp(server, metrics);
  }

  get url(): string {
    const { address, family, port } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  async close(): Promise<void> {
    this.metrics.end();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

interface Answering {
  readonly watched: Watched;
  readonly metrics: WorkMetrics;
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { watched, metrics }: Answering,
): Promise<void> {
  const [path] = url.split('?');
  if (method !== 'GET' && method !== 'HEAD') return end(response, 405, TEXT, 'use GET\n');
  if (path === '/metrics') return end(response, 200, metrics.contentType, await metrics.text());
  if (path !== '/healthz') return end(response, 404, TEXT, 'not found\n');
  const { isHealthy } = watched.progress;
  end(response, isHealthy ? 200 : 503, TEXT, isHealthy ? 'ok\n' : 'not working\n');
}

const TEXT = 'text/plain; charset=utf-8';

function end(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  response.end(body);
}
