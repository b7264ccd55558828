import { type ModelHooks, TaskAbandonedError } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { answering } from '../../support/receivers/answers';
import { type Receiver, type Respond, startReceiver } from '../../support/receivers/receiver';

const servers: Receiver[] = [];
let flow: Flow;
beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await flow.stop();
});

async function serve(respond: Respond): Promise<Receiver> {
  const server = await startReceiver(respond);
  servers.push(server);
  return server;
}

const SUCCESS = { body: { status: 'success', retval: 1 } };
const calls = (hooks: ModelHooks, url: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => hooks.tasks.get(url)));

describe('the engine of tasks', () => {
  it('A slow task server delays neither other task servers nor deliveries', async () => {
    const slow = await serve(() => undefined);
    const fast = await serve(answering(SUCCESS));
    const delivery = { maxConcurrency: 4, maxConcurrencyPerOrigin: 2, keepAlive: true };
    const own = await flow.beside({ delivery });
    await calls(own.hooks, slow.url, 20);
    await slow.waitFor(2);
    const task = await own.hooks.tasks.get(fast.url);
    expect(await task.get()).toBe(1);
    const { receiver } = await own.listen();
    await own.savePeople(1);
    await receiver.waitFor(1);
    expect(slow.received).toHaveLength(2);
  });

  it('Two processes run each of many tasks once', async () => {
    const server = await serve(answering(SUCCESS));
    const tasks = await calls(flow.hooks, server.url, 100);
    const delivery = { maxConcurrencyPerOrigin: 8 };
    await flow.beside({ delivery });
    await flow.beside({ delivery });
    expect(await Promise.all(tasks.map((task) => task.get()))).toEqual(tasks.map(() => 1));
    const ids = server.received.map(({ headers }) => headers['task-id']);
    expect([...ids].sort()).toEqual(tasks.map(({ id }) => id).sort());
  });

  it.each([
    ['those of one server', { maxConcurrencyPerOrigin: 4 }],
    ['all', { maxConcurrency: 4, maxConcurrencyPerOrigin: 4 }],
  ])('Tasks beyond the places for %s do not wait for a sweep', async (_what, delivery) => {
    const server = await serve(answering(SUCCESS));
    const own = await flow.beside({ delivery, sweepMs: 600_000 });
    const tasks = await calls(own.hooks, server.url, 60);
    expect(await Promise.all(tasks.map((task) => task.get()))).toEqual(tasks.map(() => 1));
  });

  it('A process that stops gives back the tasks that it does not end', async () => {
    const server = await serve((_request, response, nth) => {
      if (nth > 1) response.end(JSON.stringify(SUCCESS.body));
    });
    const task = await flow.hooks.tasks.get(server.url, {}, { timeoutMs: 300_000 });
    const first = await flow.beside();
    await server.waitFor(1);
    await first.hooks.detach({ deadlineMs: 10 });
    expect(await task.status()).toBe('pending');
    await flow.beside();
    expect(await task.get()).toBe(1);
    expect(server.received.map(({ headers }) => headers['task-attempt'])).toEqual(['1', '2']);
  });

  it('A caller in a process that is detached still gets the value', async () => {
    const server = await serve(answering(SUCCESS));
    const own = await flow.beside();
    await own.hooks.detach();
    const task = await own.hooks.tasks.get(server.url);
    const value = task.get();
    await flow.beside();
    expect(await value).toBe(1);
  });

  it('A caller whose DataSource is destroyed gets an error', async () => {
    const server = await serve(answering(SUCCESS));
    const idle = await flow.beside({ work: false });
    const task = await idle.hooks.tasks.get(server.url);
    const value = task.get();
    value.catch(() => undefined);
    await idle.stop();
    const error = { code: 'DATASOURCE_NOT_INITIALISED' };
    await expect(value).rejects.toMatchObject(error);
    await expect(task.get()).rejects.toMatchObject(error);
    await expect(idle.hooks.tasks.get(server.url)).rejects.toMatchObject(error);
  });

  it('A task of a DataSource that is initialised again runs', async () => {
    const server = await serve(answering(SUCCESS));
    const own = await flow.beside();
    await own.dataSource.destroy();
    await own.dataSource.initialize();
    expect(await (await own.hooks.tasks.get(server.url)).get()).toBe(1);
  });

  it('idle() waits for the tasks that are ready here', async () => {
    const server = await serve((_request, response) => {
      setTimeout(() => response.end(JSON.stringify(SUCCESS.body)), 50);
    });
    const own = await flow.beside({ delivery: { maxConcurrencyPerOrigin: 1 } });
    const tasks = await calls(own.hooks, server.url, 5);
    await own.hooks.idle();
    expect(await Promise.all(tasks.map((task) => task.status()))).toEqual(
      tasks.map(() => 'success'),
    );
  });

  it('idle() names the tasks that are left', async () => {
    const server = await serve(() => undefined);
    const own = await flow.beside();
    await own.hooks.tasks.get(server.url);
    await expect(own.hooks.idle({ timeoutMs: 0 })).rejects.toThrow(/\d tasks/);
  });

  it('Results are deleted when they have expired, and those without an end are kept', async () => {
    const server = await serve(answering(SUCCESS));
    const own = await flow.beside();
    const [short, kept] = [
      await own.hooks.tasks.get(server.url, {}, { resultTtlMs: 1 }),
      await own.hooks.tasks.get(server.url, {}, { resultTtlMs: 0 }),
    ];
    await own.hooks.idle();
    // It is pruned later.
    await until('it expires', async () => (await own.hooks.tasks.result(short.id)) === null);
    await expect(short.get()).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    await expect(short.status()).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    await flow.beside({ sweepMs: 20 });
    const stored = () => flow.query('SELECT 1 FROM model_hook_task WHERE id = $1', [short.id]);
    await until('it is deleted', async () => (await stored()).length === 0);
    expect(await kept.get()).toBe(1);
  });

  it('Redirects are not followed', async () => {
    const target = await serve(answering(SUCCESS));
    const server = await serve(
      answering({ status: 302, headers: { location: target.url }, body: '' }),
    );
    const own = await flow.beside();
    const task = await own.hooks.tasks.get(server.url);
    await expect(task.get()).rejects.toMatchObject({ code: 'REMOTE_HTTP', httpStatus: 302 });
    expect(target.received).toEqual([]);
  });

  it('A name that leads to a forbidden address is refused when connecting', async () => {
    const own = await flow.beside({
      delivery: {
        recipients: {
          ports: 'any',
          lookup: (_name, _options, callback) =>
            callback(null, [{ address: '10.0.0.1', family: 4 }]),
        },
      },
    });
    const task = await own.hooks.tasks.get('http://inside.example.com/');
    await expect(task.get()).rejects.toMatchObject({
      code: 'RECIPIENT_REFUSED',
      recipient: 'inside.example.com',
    });
    expect(JSON.stringify(await flow.query('SELECT error FROM model_hook_task'))).not.toContain(
      '10.0.0.1',
    );
  });

  it('An answer that is too long is not valid', async () => {
    const server = await serve((_request, response) =>
      response.end(JSON.stringify({ status: 'success', retval: 'a'.repeat(2_000_000) })),
    );
    const own = await flow.beside();
    const task = await own.hooks.tasks.get(server.url);
    await expect(task.get()).rejects.toThrow(/longer than 1048576 bytes/);
  });

  it('A value with NUL and unpaired surrogates comes back', async () => {
    const server = await serve((_request, response) =>
      response.end('{"status":"success","retval":"\\u0000\\ud800"}'),
    );
    const own = await flow.beside();
    const task = await own.hooks.tasks.get(server.url);
    await task.get();
    expect(await (await own.hooks.tasks.result(task.id))?.get()).toBe('\0\ud800');
  });
});

describe('the function parse of a task', () => {
  it('Its value is that of the task', async () => {
    const server = await serve(
      answering({ status: 201, headers: { 'x-a': ['b', 'c'] }, body: '1 2' }),
    );
    const own = await flow.beside();
    const task = await own.hooks.tasks.call({
      url: server.url,
      parse: (text, { status, headers }) => [...text.split(' '), status, headers['x-a']],
    });
    expect(await task.get()).toEqual(['1', '2', 201, 'b, c']);
    expect(await (await flow.hooks.tasks.result(task.id))?.get()).toEqual(['1', '2', 201, 'b, c']);
  });

  it.each([
    ['an error', new RangeError('out of range'), 'out of range'],
    ['an error whose message is no text', Object.assign(new Error(), { message: 42 }), '42'],
    ['null', null, 'null'],
  ])('What it throws fails the task, in each process: %s', async (_what, thrown, reason) => {
    const server = await serve(answering({ body: '' }));
    const own = await flow.beside();
    const task = await own.hooks.tasks.get(
      server.url,
      {},
      {
        parse: () => {
          throw thrown;
        },
      },
    );
    const expected = { code: 'INVALID_RESPONSE', message: expect.stringContaining(reason) };
    await expect(task.get()).rejects.toMatchObject(expected);
    await expect((await flow.hooks.tasks.result(task.id))?.get()).rejects.toMatchObject(expected);
  });

  it('A parse that never ends fails at the time limit of the task', async () => {
    const server = await serve(answering({ body: '' }));
    const own = await flow.beside();
    const parse = () => new Promise<never>(() => undefined);
    const task = await own.hooks.tasks.get(server.url, {}, { parse, timeoutMs: 100 });
    await expect(task.get()).rejects.toThrow(/`parse` did not end within 100 ms/);
  });

  it('Only the process that has the function runs the task', async () => {
    const server = await serve(answering({ body: 'a' }));
    const others = [await flow.beside({ sweepMs: 10 }), await flow.beside({ sweepMs: 10 })];
    const own = await flow.beside();
    for (let n = 0; n < 10; n += 1) {
      const task = await own.hooks.tasks.get(server.url, {}, { parse: (text) => text + n });
      expect(await task.get()).toBe(`a${n}`);
    }
    expect(others).toHaveLength(2);
  });

  it('A task whose process has ended fails, and its server is not called', async () => {
    const server = await serve(answering({ status: 503 }));
    const delivery = { retryDelayMs: 600_000 };
    const own = await flow.beside({ delivery });
    const task = await own.hooks.tasks.get(server.url, {}, { parse: () => 1, retries: 1 });
    // The answer is parsed, so nothing of it is repeated.
    expect(await task.get()).toBe(1);
    const url = 'http://127.0.0.1:1/';
    const lost = await own.hooks.tasks.get(url, {}, { parse: () => 1, retries: 1 });
    await until('it waits for its retry', async () => {
      const [row] = await flow.query<{ retried: number }>(
        'SELECT retried FROM model_hook_task WHERE id = $1',
        [lost.id],
      );
      return row?.retried === 1;
    });
    await own.stop();
    await flow.query('UPDATE model_hook_task SET ready_at = now() WHERE id = $1', [lost.id]);
    await flow.beside();
    const again = await flow.hooks.tasks.result(lost.id);
    await expect(again?.get()).rejects.toThrow(TaskAbandonedError);
  });

  it('A process that runs no tasks refuses the function', async () => {
    const call = flow.hooks.tasks.get('http://127.0.0.1/', {}, { parse: () => 1 });
    await expect(call).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'parse' });
  });
});
