import { randomUUID } from 'node:crypto';
import {
  InvalidResponseError,
  RemoteExecuteError,
  RemoteHttpError,
  RemoteTransportError,
  type TaskResult,
  UnknownStatusError,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { answering } from '../../support/receivers/answers';
import { type Receiver, type Respond, startReceiver } from '../../support/receivers/receiver';

let flow: Flow;
const servers: Receiver[] = [];
beforeAll(async () => {
  flow = await Flow.start();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => flow.stop());

async function serve(respond: Respond): Promise<Receiver> {
  const server = await startReceiver(respond);
  servers.push(server);
  return server;
}

const success = (retval: unknown) => answering({ body: { status: 'success', retval } });

describe('hooks.tasks', () => {
  it('A GET sends the arguments in the query and resolves with the value', async () => {
    const server = await serve(success(100));
    const task = await flow.hooks.tasks.get<number>(`${server.url}/multiply/?x=1&keep=a%20b`, {
      x: 10,
      y: 10,
    });
    expect(await task.get()).toBe(100);
    expect(await task.status()).toBe('success');
    expect(server.received.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/multiply/?keep=a%20b&x=10&y=10'],
    ]);
    expect(server.received[0]?.headers).toMatchObject({ 'task-id': task.id, 'task-attempt': '1' });
  });

  it('A POST sends the arguments as a form and leaves the query of the URL alone', async () => {
    const server = await serve(success({ ok: true }));
    const task = await flow.hooks.tasks.post(`${server.url}/resize?x=1`, { x: 'ü', none: null });
    expect(await task.get()).toEqual({ ok: true });
    const [request] = server.received;
    expect(request?.path).toBe('/resize?x=1');
    expect(request?.headers['content-type']).toBe(
      'application/x-www-form-urlencoded; charset=utf-8',
    );
    expect(`${request?.raw}`).toBe('x=%C3%BC&none=');
  });

  const html = '<h1>Not found</h1>';
  it.each([
    {
      name: 'a failure',
      body: { status: 'failure', reason: 'ü is too long' },
      expected: RemoteExecuteError,
      message: 'ü is too long',
    },
    {
      name: 'a failure without a reason',
      body: { status: 'failure' },
      expected: RemoteExecuteError,
      message: 'gave no reason',
    },
    {
      name: 'a failure with HTTP 500',
      status: 500,
      body: { status: 'failure', reason: 'no' },
      expected: RemoteExecuteError,
      message: 'no',
    },
    { name: 'nothing', body: '', expected: InvalidResponseError, message: 'it is empty' },
    { name: 'no JSON', body: html, expected: InvalidResponseError, message: 'it is no JSON' },
    { name: 'a list', body: [1], expected: InvalidResponseError, message: 'it is no JSON object' },
    {
      name: 'no status',
      body: { retval: 1 },
      expected: InvalidResponseError,
      message: 'no `status`',
    },
    {
      name: 'no retval',
      body: { status: 'success' },
      expected: InvalidResponseError,
      message: 'no `retval`',
    },
    {
      name: 'an unknown status',
      body: { status: 'maybe' },
      expected: UnknownStatusError,
      message: '"maybe"',
    },
    { name: 'HTTP 404', status: 404, body: html, expected: RemoteHttpError, message: 'HTTP 404' },
    {
      name: 'HTTP 500 with other JSON',
      status: 500,
      body: { status: 500 },
      expected: RemoteHttpError,
      message: 'HTTP 500',
    },
    {
      name: 'a redirect',
      status: 301,
      headers: { location: '/elsewhere' },
      body: '',
      expected: RemoteHttpError,
      message: 'HTTP 301',
    },
  ])(
    'A task that answers $name fails with its error, in each process',
    async ({ expected, message, ...answer }) => {
      const server = await serve(answering(answer));
      const task = await flow.hooks.tasks.get(server.url);
      const error = await task.get().catch((one: unknown) => one);
      expect(error).toBeInstanceOf(expected);
      expect(error).toMatchObject({ message: expect.stringContaining(message) });
      expect(await task.status()).toBe('failure');
      const again = await flow.hooks.tasks.result(task.id);
      const restored = await again?.get().catch((one: unknown) => one);
      expect(restored).toBeInstanceOf(expected);
      expect({ ...(restored as object) }).toEqual({ ...(error as object) });
      expect(restored).toMatchObject({ message: (error as Error).message });
      expect(server.received).toHaveLength(1);
    },
  );

  it.each([null, false, 0, '', 'ü', [], {}, { a: [1, null] }])(
    'The value %j comes back as it is',
    async (retval) => {
      const server = await serve(success(retval));
      const task = await flow.hooks.tasks.get(server.url);
      expect(await task.get()).toEqual(retval);
      expect(await (await flow.hooks.tasks.result(task.id))?.get()).toEqual(retval);
    },
  );

  it('A value counts whatever the HTTP status is', async () => {
    const server = await serve(answering({ status: 503, body: { status: 'success', retval: 1 } }));
    expect(await (await flow.hooks.tasks.get(server.url)).get()).toBe(1);
  });

  it('A time-out and a refused connection are transport errors', async () => {
    const server = await serve(() => undefined);
    const slow = await flow.hooks.tasks.get(server.url, {}, { timeoutMs: 50 });
    await expect(slow.get()).rejects.toThrow(RemoteTransportError);
    await server.close();
    const refused = await flow.hooks.tasks.get(server.url);
    await expect(refused.get()).rejects.toThrow(/refused/);
  });

  it('get() rejects at its time limit, and the task goes on', async () => {
    let answer: (() => void) | undefined;
    const server = await serve((_request, response) => {
      answer = () => response.end('{"status":"success","retval":1}');
    });
    const task = await flow.hooks.tasks.get(server.url);
    await server.waitFor(1);
    await expect(task.get({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TASK_TIMEOUT' });
    expect(await task.status()).toBe('pending');
    answer?.();
    expect(await task.get()).toBe(1);
    expect(await task.get({ timeoutMs: 0 })).toBe(1);
  });

  it('A task that another process runs comes to its end here', async () => {
    const server = await serve(success('there'));
    const idle = await flow.beside({ work: false });
    const task = await idle.hooks.tasks.get(server.url);
    expect(await task.get()).toBe('there');
  });

  it('A forbidden recipient is refused at the call where it is known', async () => {
    const call = flow.hooks.tasks.get('http://10.0.0.1/');
    await expect(call).rejects.toMatchObject({ code: 'RECIPIENT_REFUSED' });
  });

  it('An unknown task has no result', async () => {
    expect(await flow.hooks.tasks.result(randomUUID())).toBeNull();
    expect(await flow.hooks.tasks.result('no id')).toBeNull();
  });

  it('Retries repeat what did not come through, and only that', async () => {
    const retrying = await flow.beside({ sweepMs: 50, delivery: { retryDelayMs: 1 } });
    const server = await serve(
      answering({ status: 503 }, { body: { status: 'failure', reason: 'no' } }),
    );
    await flow.hooks.detach();
    const task = await retrying.hooks.tasks.get(server.url, {}, { retries: 3 });
    await expect(task.get()).rejects.toThrow('no');
    expect(server.received.map(({ headers }) => headers['task-attempt'])).toEqual(['1', '2']);
    await retrying.stop();
  });
});

describe('hooks.tasks in a transaction', () => {
  it('A task runs when its transaction commits', async () => {
    const own = await flow.beside();
    const server = await serve(success(1));
    let task: TaskResult | undefined;
    await own.dataSource.transaction(async (manager) => {
      task = await own.hooks.tasks.get(server.url, {}, { manager });
      expect(await task.status()).toBe('pending');
      await expect(task.get({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TASK_TIMEOUT' });
    });
    expect(await task?.get()).toBe(1);
    await own.stop();
  });

  it('A task of a transaction that is rolled back does not exist', async () => {
    const own = await flow.beside();
    const server = await serve(success(1));
    let task: TaskResult | undefined;
    const rolledBack = own.dataSource.transaction(async (manager) => {
      task = await own.hooks.tasks.get(server.url, {}, { manager });
      throw new Error('back');
    });
    await expect(rolledBack).rejects.toThrow('back');
    await expect(task?.get()).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    await expect(task?.status()).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    expect(server.received).toEqual([]);
    await own.stop();
  });
});

describe('the callbacks of a task', () => {
  it('The callback onSuccess gets the value, and onFailure the error', async () => {
    const own = await flow.beside();
    const server = await serve(answering({ body: { status: 'success', retval: 1 } }, { body: '' }));
    const seen: unknown[] = [];
    const callbacks = {
      onSuccess: (value: unknown, { id }: TaskResult) => seen.push([value, id]),
      onFailure: (error: Error, { id }: TaskResult) => seen.push([error.name, id]),
    };
    const first = await own.hooks.tasks.get(server.url, {}, callbacks);
    await first.get();
    const second = await own.hooks.tasks.get(server.url, {}, callbacks);
    await until('both are called', () => seen.length === 2);
    expect(seen).toEqual([
      [1, first.id],
      ['InvalidResponseError', second.id],
    ]);
    await own.stop();
  });
});
