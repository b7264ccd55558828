import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type ServedFunction, type TaskWebhookOptions, taskWebhook } from '../../lib';

const FORM = 'application/x-www-form-urlencoded';
const URL_ = 'https://example.com/task';

interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

async function shown(response: Response): Promise<Answered> {
  const { status, headers } = response;
  return { status, type: headers.get('content-type'), body: await response.json() };
}

async function fetched(
  fn: ServedFunction,
  request: Request | string = URL_,
  options: TaskWebhookOptions = {},
): Promise<Answered> {
  return shown(await taskWebhook(fn, options).fetch(new Request(request)));
}

const post = (body: string, type: string | null = FORM): Request =>
  new Request(`${URL_}?q=1`, {
    method: 'POST',
    body: new TextEncoder().encode(body),
    headers: type === null ? {} : { 'content-type': type },
  });

const OK = { status: 200, type: 'application/json' };
const success = (retval: unknown) => ({ ...OK, body: { status: 'success', retval } });
const failed = (reason: unknown) => ({ ...OK, body: { status: 'failure', reason } });

describe('taskWebhook', () => {
  it.each<[string, unknown, unknown]>([
    ['a number', 100, 100],
    ['a text', 'ü', 'ü'],
    ['false', false, false],
    ['null', null, null],
    ['undefined', undefined, null],
    ['a promise', Promise.resolve([1]), [1]],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a bigint', 9n, '9'],
    ['an object', { a: undefined, b: [Number.NaN] }, { b: [null] }],
    ['an instance', Object.assign(new (class Row {})(), { id: 1 }), { id: 1 }],
    ['what toJSON makes null', { toJSON: () => null }, null],
  ])('The value %s is answered as JSON', async (_what, value, retval) => {
    expect(await fetched(() => value)).toEqual(success(retval));
  });

  it.each<[string, unknown, string]>([
    ['an error', new Error('ü is too long'), 'ü is too long'],
    ['an error without a message', new TypeError(), 'TypeError'],
    ['a text', 'no', 'no'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['an error whose message is no text', Object.assign(new Error(), { message: 42 }), '42'],
    [
      'an error whose message is a symbol',
      Object.assign(new Error(), { message: Symbol('s') }),
      'Symbol(s)',
    ],
    ['an object that toJSON makes undefined', { toJSON: () => undefined }, 'undefined'],
  ])('A function that throws %s is answered as a failure', async (_what, thrown, reason) => {
    const throwing = () => {
      throw thrown;
    };
    expect(await fetched(throwing)).toEqual(failed(reason));
    expect(await fetched(async () => throwing())).toEqual(failed(reason));
  });

  it('A value that JSON cannot hold is a failure', async () => {
    const own: { own?: unknown } = {};
    own.own = own;
    expect(await fetched(() => own)).toEqual(failed(expect.stringContaining('JSON')));
  });

  it.each<[string, Request | string, unknown]>([
    ['a query', `${URL_}?x=10&y=a%20b+c&z=`, { x: '10', y: 'a b c', z: '' }],
    ['UTF-8', `${URL_}?x=%C3%BC&%C3%BC=1`, { x: 'ü', ü: '1' }],
    ['the last of several values', `${URL_}?x=1&x=2`, { x: '2' }],
    ['no query', URL_, {}],
    ['a form', post('x=10&y=a+b'), { x: '10', y: 'a b' }],
    ['a form with a charset', post('x=%C3%BC', `${FORM}; charset=UTF-8`), { x: 'ü' }],
    ['a form of no named type', post('x=1', null), { x: '1' }],
    ['an empty form', post(''), {}],
    ['an empty body of another type', post('', 'application/json'), {}],
  ])('The arguments of %s are texts', async (_what, request, args) => {
    expect(await fetched((given) => given, request)).toEqual(success(args));
  });

  it('A parameter __proto__ is an argument like any other', async () => {
    const { body } = await fetched((args) => Object.entries(args), `${URL_}?__proto__=1`);
    expect(body).toEqual({ status: 'success', retval: [['__proto__', '1']] });
  });

  it('The function gets the method, the headers, and the id and attempt of the task', async () => {
    const headers = { 'Task-Id': 'abc', 'Task-Attempt': '2', 'X-A': 'b' };
    const fn: ServedFunction = (_args, { method, headers: given, taskId, attempt }) => [
      method,
      given.get('x-a'),
      taskId,
      attempt,
    ];
    expect(await fetched(fn, new Request(URL_, { headers }))).toEqual(
      success(['GET', 'b', 'abc', 2]),
    );
    expect(await fetched(fn)).toEqual(success(['GET', null, null, null]));
  });

  it('A body that is too long or no form is a failure', async () => {
    const fn = jest.fn();
    expect(await fetched(fn, post('x=12345'), { maxBodyBytes: 6 })).toEqual(
      failed('The body is longer than 6 bytes.'),
    );
    expect(await fetched(fn, post('{}', 'application/json'))).toEqual(
      failed(expect.stringContaining(FORM)),
    );
    expect(fn).not.toHaveBeenCalled();
    expect(await fetched(() => 1, post('x=1234'), { maxBodyBytes: 6 })).toEqual(success(1));
  });

  it.each(['PUT', 'DELETE', 'HEAD', 'OPTIONS'])('The method %s is a failure', async (method) => {
    const fn = jest.fn();
    const response = await taskWebhook(fn).fetch(new Request(URL_, { method }));
    expect([response.status, response.headers.get('allow')]).toEqual([200, 'GET, POST']);
    expect(await response.json()).toEqual({ status: 'failure', reason: 'expected GET or POST' });
    expect(fn).not.toHaveBeenCalled();
  });

  it('A function that is none and unknown options are refused', () => {
    expect(() => taskWebhook(1 as never)).toThrow(/`fn`/);
    expect(() => taskWebhook(() => 1, { maxBytes: 1 } as never)).toThrow(/maxBodyBytes/);
  });
});

describe('taskWebhook for Fastify', () => {
  const hook = taskWebhook((args) => args);
  const reply = () => ({
    sent: {} as { status?: number; text?: string },
    code(status: number) {
      this.sent.status = status;
      return this;
    },
    headers() {
      return this;
    },
    send(text: string) {
      this.sent.text = text;
      return this;
    },
  });

  it('The handler answers a request', async () => {
    const answered = reply();
    const request = { method: 'POST', url: '/x', headers: { 'content-type': FORM }, body: 'a=1' };
    await hook.fastify()(request, answered);
    expect(answered.sent).toEqual({ status: 200, text: '{"status":"success","retval":{"a":"1"}}' });
  });

  it.each([true, false])(
    'The plugin adds a route, and a parser of forms if there is none: %p',
    async (has) => {
      const instance = {
        hasContentTypeParser: () => has,
        addContentTypeParser: jest.fn(),
        route: jest.fn(),
      };
      await hook.fastify()(instance, {});
      expect(instance.addContentTypeParser).toHaveBeenCalledTimes(has ? 0 : 1);
      const [[{ method, url, errorHandler }]] = instance.route.mock.calls;
      expect([method, url]).toEqual([['GET', 'POST'], '/']);
      const answered = reply();
      errorHandler(new Error('too large'), {}, answered);
      expect(answered.sent).toEqual({
        status: 200,
        text: '{"status":"failure","reason":"too large"}',
      });
    },
  );
});

describe('taskWebhook for Node.js', () => {
  async function serving(
    listener: RequestListener,
    use: (url: string, port: number) => Promise<void>,
  ): Promise<void> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await use(`http://127.0.0.1:${port}/x`, port);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  const echo = taskWebhook((args, { method }) => ({ method, ...args }), { maxBodyBytes: 1_000 });

  it('GET and POST are answered', async () => {
    await serving(echo.node, async (url) => {
      expect(await shown(await fetch(`${url}?x=%C3%BC`))).toEqual(
        success({ method: 'GET', x: 'ü' }),
      );
      const body = new URLSearchParams({ y: 'a b' });
      expect(await shown(await fetch(url, { method: 'POST', body }))).toEqual(
        success({ method: 'POST', y: 'a b' }),
      );
    });
  });

  it('A body that is too long is a failure, and is not read to its end', async () => {
    await serving(echo.node, async (url) => {
      const body = new URLSearchParams({ x: 'a'.repeat(100_000) });
      const response = await fetch(url, { method: 'POST', body });
      expect(await shown(response)).toEqual(failed('The body is longer than 1000 bytes.'));
    });
  });

  it('A body that a framework has parsed is used', async () => {
    const parsing: RequestListener = (request, response) => {
      request.resume();
      request.once('end', () => {
        const body = { x: ['1', '2'], y: { z: 1 }, w: 'ü' };
        void echo.express()(Object.assign(request, { body }), response);
      });
    };
    await serving(parsing, async (url) => {
      const body = new URLSearchParams({ ignored: '1' });
      expect(await shown(await fetch(url, { method: 'POST', body }))).toEqual(
        success({ method: 'POST', x: '2', y: '{"z":1}', w: 'ü' }),
      );
    });
  });

  it.each(['http://other.example/?x=1', '//other.example/?x=1', '*'])(
    'The request target %s cannot lead elsewhere',
    async (target) => {
      await serving(echo.node, async (_url, port) => {
        const socket = connect(port, '127.0.0.1');
        socket.end(`GET ${target} HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`);
        let text = '';
        for await (const chunk of socket) text += chunk;
        expect(text).toMatch(/^HTTP\/1.1 (200|400)/);
      });
    },
  );
});
