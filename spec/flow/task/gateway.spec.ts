import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Flow } from '../../support/application/flow';

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start();
  flow.hooks.tasks.define('multiply', ({ x, y }) => Number(x) * Number(y));
  flow.hooks.tasks.define('a/b ü', (args) => args);
  flow.hooks.tasks.define('fail', () => {
    throw new Error('ü is too long');
  });
  flow.hooks.tasks.define('slow', () => sleep(60_000, undefined, { ref: false }), {
    timeoutMs: 50,
  });
});
afterAll(() => flow.stop());

const circular = () => {
  const own: unknown[] = [];
  own.push(own);
  return own;
};
const thrower = () => {
  throw new Error('not me');
};

const authenticate = (request: Request) => request.headers.get('authorization') === 'Bearer ok';

async function asked(path: string, init: RequestInit = {}): Promise<readonly [number, unknown]> {
  const { fetch } = flow.hooks.tasks.gateway({ authenticate, basePath: '/tasks/' });
  const headers = { authorization: 'Bearer ok' };
  const response = await fetch(new Request(`https://a.b/tasks/${path}`, { headers, ...init }));
  const text = await response.text();
  return [response.status, text === '' ? null : JSON.parse(text)];
}

async function applied(path: string, init: RequestInit = {}): Promise<string> {
  const [status, body] = await asked(path, init);
  expect([status, body]).toEqual([200, { ok: true, task_id: expect.any(String) }]);
  return (body as { task_id: string }).task_id;
}

const ended = async (id: string) => (await flow.hooks.tasks.result(id))?.get().catch(() => null);

describe('hooks.tasks.gateway', () => {
  it.each(['apply/multiply?x=10&y=10', 'apply/multiply/?x=10&y=10'])(
    'The task of %s is queued, and its result is shown',
    async (path) => {
      const id = await applied(path);
      await ended(id);
      for (const end of ['', '/']) {
        const task = { id, status: 'success', result: 100 };
        expect(await asked(`${id}/status${end}`)).toEqual([200, { task }]);
        expect(await asked(`${id}/done${end}`)).toEqual([200, { task: { id, executed: true } }]);
      }
    },
  );

  it('A POST gives the values of its form, and not those of its query', async () => {
    const body = new URLSearchParams({ x: 'ü', y: '' });
    const id = await applied(`apply/${encodeURIComponent('a/b ü')}?q=1`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer ok', 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(await ended(id)).toEqual({ x: 'ü', y: '' });
  });

  it.each([
    ['fail', 'ü is too long'],
    ['slow', 'It did not end within 50 ms.'],
  ])('The failure of the task %s is shown by its message', async (name, result) => {
    const id = await applied(`apply/${name}`);
    await ended(id);
    expect(await asked(`${id}/status`)).toEqual([200, { task: { id, status: 'failure', result } }]);
    expect(await asked(`${id}/done`)).toEqual([200, { task: { id, executed: false } }]);
  });

  it('A task without an end is pending', async () => {
    const idle = await flow.beside({ work: false });
    const waiting = await idle.hooks.tasks.define('nowhere else', () => 1).apply();
    const task = { id: waiting.id, status: 'pending', result: null };
    expect(await asked(`${waiting.id}/status`)).toEqual([200, { task }]);
    expect(await asked(`${waiting.id}/done`)).toEqual([
      200,
      { task: { id: waiting.id, executed: false } },
    ]);
  });

  it('The defined tasks and the schedules are listed', async () => {
    for (const name of ['nightly', 'hourly'])
      await flow.hooks.schedule(name, { cron: '0 3 * * *', enabled: false });
    expect(await asked('tasks')).toEqual([
      200,
      { regular: ['a/b ü', 'fail', 'multiply', 'slow'], periodic: ['hourly', 'nightly'] },
    ]);
  });

  it.each([
    'apply/unknown',
    'apply/',
    '',
    'x',
    'tasks/x',
    '0193a5c4-6f4e-7c5b-8f3e-2f6d0a7b1c9e/status',
    'x/status',
    '%ff/done',
  ])('The path %s is unknown', async (path) => {
    expect((await asked(path))[0]).toBe(404);
  });

  it('A task that calls a URL is unknown to the gateway', async () => {
    const { id } = await flow.hooks.tasks.get('http://127.0.0.1:1/');
    expect((await asked(`${id}/status`))[0]).toBe(404);
  });

  it.each([
    ['apply/multiply', 'DELETE'],
    ['tasks', 'POST'],
  ])('The path %s refuses the method %s', async (path, method) => {
    expect((await asked(path, { method }))[0]).toBe(405);
  });

  it('A body that is no form is refused', async () => {
    const headers = { authorization: 'Bearer ok', 'content-type': 'application/json' };
    const init = { method: 'POST', body: '{}', headers };
    expect((await asked('apply/multiply', init))[0]).toBe(415);
  });

  it('Requests that authenticate does not accept are refused', async () => {
    for (const path of ['tasks', 'apply/multiply', 'nowhere'])
      expect(await asked(path, { headers: {} })).toEqual([401, null]);
    for (const falsy of [false, null, undefined, 0, '', Promise.resolve(false)]) {
      const { fetch } = flow.hooks.tasks.gateway({ authenticate: () => falsy });
      expect((await fetch(new Request('https://a.b/tasks'))).status).toBe(401);
    }
  });

  it('A request whose body authenticate has read is served', async () => {
    const bodies: string[] = [];
    const { fetch } = flow.hooks.tasks.gateway({
      authenticate: async (request) => bodies.push(await request.text()),
    });
    const body = new URLSearchParams({ x: '2', y: '3' });
    const response = await fetch(
      new Request('https://a.b/apply/multiply', { method: 'POST', body }),
    );
    const { task_id: id } = (await response.json()) as { task_id: string };
    expect(await ended(id)).toBe(6);
    expect(bodies).toEqual(['x=2&y=3']);
  });

  it('An error of authenticate is 500 without its text', async () => {
    const other = await flow.beside({ logger: { debug() {}, info() {}, warn() {}, error() {} } });
    const { fetch } = other.hooks.tasks.gateway({
      authenticate: () => {
        throw new Error('the password is 123');
      },
    });
    const response = await fetch(new Request('https://a.b/tasks'));
    expect([response.status, await response.text()]).toEqual([500, '']);
  });

  it('A gateway without authenticate is refused', () => {
    for (const bad of [undefined, {}, { authenticate: true }, { authenticate, basePath: 'tasks' }])
      expect(() => flow.hooks.tasks.gateway(bad as never)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      );
  });

  it('A server of Node.js serves the gateway', async () => {
    const { node } = flow.hooks.tasks.gateway({ authenticate });
    const server = createServer(node).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { authorization: 'Bearer ok' };
    const response = await fetch(`http://127.0.0.1:${port}/tasks`, { headers });
    expect(await response.json()).toHaveProperty('periodic');
    server.closeAllConnections();
    server.close();
  });
});

describe('hooks.tasks.define', () => {
  it('A defined task is called in a process that knows it', async () => {
    const knowing = await flow.beside();
    knowing.hooks.tasks.define('where', (_args, { attempt, taskId }) => ({ attempt, taskId }));
    const idle = await flow.beside({ work: false });
    const task = await idle.hooks.tasks.define('where', () => 'here').apply();
    expect(await task.get()).toEqual({ attempt: 1, taskId: task.id });
  });

  it('A task that becomes known later runs then', async () => {
    const idle = await flow.beside({ work: false });
    const task = await idle.hooks.tasks.define('later', () => 1).apply({ x: '1' });
    flow.hooks.tasks.define('later', ({ x }) => x);
    expect(await task.get()).toBe('1');
  });

  it('A name again replaces the function and warns', async () => {
    const warnings: string[] = [];
    const logger = {
      debug() {},
      info() {},
      warn: (text: string) => warnings.push(text),
      error() {},
    };
    const own = await flow.beside({ logger });
    own.hooks.tasks.define('twice', () => 1);
    const task = await own.hooks.tasks.define('twice', () => 2).apply();
    expect(await task.get()).toBe(2);
    expect(warnings).toEqual([expect.stringContaining('"twice"')]);
  });

  it.each<[string, () => unknown, string]>([
    ['contains itself', circular, 'contains itself'],
    ['throws when it becomes JSON', () => ({ toJSON: thrower }), 'not me'],
  ])('A value that %s is a failure', async (name, fn, reason) => {
    const task = await flow.hooks.tasks.define(name, fn).apply();
    await expect(task.get()).rejects.toMatchObject({
      code: 'REMOTE_EXECUTE',
      reason: expect.stringContaining(reason),
    });
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['an error whose message is no text', Object.assign(new Error(), { message: 42 }), '42'],
    ['an object that is undefined in JSON', { toJSON: () => undefined }, 'undefined'],
  ])('A function that throws %s fails its task once', async (name, thrown, reason) => {
    const fn = jest.fn(() => {
      throw thrown;
    });
    const task = await flow.hooks.tasks.define(`throws ${name}`, fn).apply();
    await expect(task.get()).rejects.toMatchObject({ code: 'REMOTE_EXECUTE', reason });
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('A defined task of a transaction runs when it commits', async () => {
    const task = await flow.dataSource.transaction((manager) =>
      flow.hooks.tasks.define('in transaction', () => 3).apply({}, { manager }),
    );
    expect(await task.get()).toBe(3);
  });

  it.each(['', ' a', 'a\n', 7, null])('The name %j is refused', (name) => {
    expect(() => flow.hooks.tasks.define(name as never, () => 1)).toThrow(/`name`/);
  });
});
