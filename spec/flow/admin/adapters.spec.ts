import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express from 'express';
import fastify from 'fastify';
import { toExpress, toFastify, toNode } from '../../../lib/admin';
import { AdminFlow, WHO } from '../../support/application/admin-flow';

@Module({})
class EmptyModule {}

interface Running {
  readonly origin: string;
  stop(): Promise<unknown>;
}

let flow: AdminFlow;
beforeAll(async () => {
  flow = await AdminFlow.startAdmin({ basePath: '/hooks' });
});
afterAll(() => flow.stop());

async function listening(server: Server): Promise<Running> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: originOf(server),
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SERVERS: Readonly<Record<string, () => Promise<Running>>> = {
  'Node.js': () => listening(createServer(toNode(flow.app))),
  'Express 5': () => listening(createServer(express().use('/hooks', toExpress(flow.app)))),
  'Express 5 that has parsed the body': () =>
    listening(
      createServer(
        express()
          .use(express.json(), express.urlencoded({ extended: true }))
          .use('/hooks', toExpress(flow.app)),
      ),
    ),
  'Fastify 5': async () => {
    const app = fastify();
    await app.register(toFastify(flow.app), { prefix: '/hooks' });
    const origin = await app.listen({ host: '127.0.0.1', port: 0 });
    return { origin, stop: () => app.close() };
  },
  'NestJS on Express': async () => {
    const app = await NestFactory.create(EmptyModule, { logger: false });
    app.use('/hooks', toExpress(flow.app));
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer() as Server;
    return {
      origin: originOf(server),
      stop: () => {
        server.closeAllConnections();
        return app.close();
      },
    };
  },
};

describe.each(Object.keys(SERVERS))('the admin app on %s', (name) => {
  let running: Running;
  beforeAll(async () => {
    running = await (SERVERS[name] as () => Promise<Running>)();
  });
  afterAll(() => running.stop());
  afterEach(() => flow.clear());

  const send = (path: string, init: RequestInit = {}, who = 'operator') =>
    fetch(`${running.origin}/hooks${path}`, {
      redirect: 'manual',
      ...init,
      headers: { [WHO]: who, ...(init.headers as Record<string, string>) },
    });
  const create = () =>
    send('/api/listeners', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        hook: 'parcel',
        url: 'http://127.0.0.1:9/',
        match: { name: { startsWith: 'B' } },
      }),
    });

  it('The page and its style sheet are served', async () => {
    for (const [path, type] of [
      ['', 'text/html'],
      ['/', 'text/html'],
      ['/listeners?active=true', 'text/html'],
      ['/assets/page.css', 'text/css'],
    ] as const) {
      const answer = await send(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers.get('content-type')).toContain(type);
      expect(answer.headers.get('content-security-policy')).toContain("'none'");
    }
  });

  it('The API takes JSON, and edits with an entity tag', async () => {
    const created = await create();
    const listener = (await created.json()) as { id: string; match: object };
    expect(created.status).toBe(201);
    expect(listener.match).toEqual({ name: { startsWith: 'B' } });
    const headers = {
      'if-match': created.headers.get('etag') ?? '',
      'content-type': 'application/json',
    };
    const init = { method: 'PATCH', headers, body: JSON.stringify({ match: {} }) };
    expect((await send(`/api/listeners/${listener.id}`, init)).status).toBe(200);
    const gone = { method: 'DELETE', headers: { 'if-match': '*' } };
    expect((await send(`/api/listeners/${listener.id}`, gone)).status).toBe(204);
  });

  it('A form of the own origin is taken, and one of another is not', async () => {
    const { id } = (await (await create()).json()) as { id: string };
    const pause = (origin: string) =>
      send(`/listeners/${id}/pause`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'reason=a+break',
      });
    expect((await pause('https://evil.example')).status).toBe(403);
    const answer = await pause(running.origin);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/hooks/listeners/${id}?done=paused`);
    expect((await flow.hooks.listeners.get(id))?.inactiveReason).toBe('a break');
  });

  it('A stranger and a body that is too long are refused', async () => {
    expect((await fetch(`${running.origin}/hooks/api/listeners`)).status).toBe(401);
    const body = JSON.stringify({ hook: 'parcel', url: 'x'.repeat(300_000) });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const status = await send('/api/listeners', init).then(
      (answer) => answer.status,
      // The server may close the connection while the rest is still being sent.
      () => 413,
    );
    expect(status).toBe(413);
  });
});
