import {
  InvalidResponseError,
  RemoteExecuteError,
  RemoteHttpError,
  RemoteTransportError,
  type TaskArgs,
  UnknownStatusError,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import {
  type ForeignServer,
  hasProgram,
  startPython,
  startShell,
} from '../../support/receivers/foreign-servers';

const ARGS = { text: 'ü €\u{1F600} &=+%', none: null, yes: true, list: [1, 'a b'], empty: '' };
const ENCODED =
  'text=%C3%BC+%E2%82%AC%F0%9F%98%80+%26%3D%2B%25&none=&yes=true&list=%5B1%2C%22a+b%22%5D&empty=';
const READ = { text: 'ü €\u{1F600} &=+%', none: '', yes: 'true', list: '[1,"a b"]', empty: '' };

const VALUES: readonly (readonly ['GET' | 'POST', string, TaskArgs, unknown, unknown])[] = [
  ['GET', '/multiply?x=1', { x: 10, y: 10 }, 100, 100],
  ['POST', '/multiply', { x: 10, y: 10 }, 100, 100],
  ['GET', '/echo', ARGS, READ, `GET ${ENCODED}`],
  ['POST', '/echo?x=1', ARGS, READ, `POST ${ENCODED}`],
];

const ERRORS = [
  ['/fail', RemoteExecuteError, 'zu lang: ü'],
  ['/empty', InvalidResponseError, 'it is empty'],
  ['/html', InvalidResponseError, 'it is no JSON'],
  ['/unknown', UnknownStatusError, '"maybe"'],
  ['/500', RemoteExecuteError, 'broken'],
  ['/301', RemoteHttpError, 'HTTP 301'],
  ['/slow', RemoteTransportError, 'no complete reply within 500 ms'],
] as const;

const SERVERS = [
  { language: 'Python', program: 'python3', start: startPython },
  { language: 'shell', program: 'socat', start: startShell },
] as const;

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start();
});
afterAll(() => flow.stop());

for (const { language, program, start } of SERVERS)
  (hasProgram(program) ? describe : describe.skip)(`a task server in ${language}`, () => {
    let server: ForeignServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());

    it.each(VALUES)('The value of %s %s comes back', async (method, path, args, parsed, raw) => {
      const task = await flow.hooks.tasks.call({ url: server.url + path, method, args });
      expect(await task.get()).toEqual(language === 'Python' ? parsed : raw);
    });

    it.each(ERRORS)('The answer of %s is its error', async (path, expected, message) => {
      for (const method of ['GET', 'POST'] as const) {
        const timeoutMs = path === '/slow' ? 500 : 30_000;
        const task = await flow.hooks.tasks.call({ url: server.url + path, method, timeoutMs });
        const error = await task.get().catch((one: unknown) => one);
        expect(error).toBeInstanceOf(expected);
        expect(error).toMatchObject({ message: expect.stringContaining(message) });
      }
    });
  });
