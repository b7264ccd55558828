import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { contextHook, contextMiddleware } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Meeting } from '../../support/application/meeting';
import { person } from '../../support/entities/person';

interface Asking {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

let flow: Flow;
let two: Meeting;
let close: () => Promise<unknown>;
beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
  two = new Meeting(2);
});
afterEach(async () => {
  await close();
  await flow.stop();
});

/** The application's own code: two writes, between which the other request writes. */
const saveTwo = async (name: string): Promise<void> => {
  if (name === 'fails') throw new Error('of the application');
  for (const n of [1, 2]) {
    await two.arrive();
    await flow.dataSource.manager.save(person({ name: `${name} ${n}` }));
  }
};

const contextOf = ({ headers }: Asking) => {
  if (headers['x-user'] === 'unknown') throw new Error('of contextOf');
  return headers['x-user'] === undefined ? null : { actor: headers['x-user'] };
};

async function onExpress(): Promise<string> {
  const app = express();
  app.use(express.json());
  app.use(contextMiddleware(flow.hooks, contextOf));
  app.post('/', async (request, response) => {
    await saveTwo(request.body.name);
    response.end();
  });
  const answer: express.ErrorRequestHandler = (error: Error, _request, response, _next) => {
    response.status(500).json({ message: error.message });
  };
  app.use(answer);
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function onFastify(): Promise<string> {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('preHandler', contextHook(flow.hooks, contextOf));
  app.post<{ Body: { name: string } }>('/', async ({ body }) => {
    await saveTwo(body.name);
    return {};
  });
  close = () => app.close();
  return `${await app.listen({ port: 0, host: '127.0.0.1' })}/`;
}

describe.each([
  ['contextMiddleware', onExpress],
  ['contextHook', onFastify],
] as const)('%s', (_, listen) => {
  const sender = (url: string) => (name: string, user?: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        connection: 'close',
        ...(user !== undefined && { 'x-user': user }),
      },
      body: JSON.stringify({ name }),
    });
  const actors = async () => {
    const rows = await flow.query<{ name: string; context: unknown }>(
      `SELECT data->>'name' AS name, context FROM model_hook_event`,
    );
    return Object.fromEntries(rows.map(({ name, context }) => [name, context]));
  };

  it('Two requests at a time have their own contexts', async () => {
    const send = sender(await listen());
    const answers = await Promise.all([send('Ann', 'a'), send('Bob', 'b')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await actors()).toEqual({
      'Ann 1': { actor: 'a' },
      'Ann 2': { actor: 'a' },
      'Bob 1': { actor: 'b' },
      'Bob 2': { actor: 'b' },
    });
  });

  it('A request without a context beside one with a context has none', async () => {
    const send = sender(await listen());
    await Promise.all([send('Ann', 'a'), send('Bob')]);
    expect(await actors()).toMatchObject({ 'Ann 2': { actor: 'a' }, 'Bob 1': null, 'Bob 2': null });
  });

  it('Errors of the function and of the application are answered', async () => {
    const send = sender(await listen());
    const texts = [await send('Ann', 'unknown'), await send('fails', 'a')].map((answer) =>
      answer.json(),
    );
    expect(await Promise.all(texts)).toMatchObject([
      { message: 'of contextOf' },
      { message: 'of the application' },
    ]);
  });
});
