import { type ModelHookError, secret } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { answering } from '../../support/receivers/answers';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const OLD = { old: 'o'.repeat(32) };
const NEW = { new: 'n'.repeat(32), ...OLD };
const TOKEN = 'Bearer a-long-secret-token';

let flow: Flow;
let server: Receiver;
beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false, encryptionKeys: OLD } });
});
afterEach(async () => {
  await server.close();
  await flow.stop();
});

const call = (headers = { Authorization: secret(TOKEN), 'X-A': 'ü' }) =>
  flow.hooks.tasks.get(`${server.url}/x`, {}, { headers });

const stored = async (): Promise<string> =>
  JSON.stringify(await flow.query('SELECT * FROM model_hook_task'));

describe('the secret headers of a task', () => {
  it('A secret is encrypted while the task waits, and gone when it has ended', async () => {
    server = await startReceiver(answering({ body: { status: 'success', retval: 1 } }));
    const task = await call();
    expect(await stored()).not.toContain('secret-token');
    expect(await stored()).toContain('enc:v1:old:');
    await flow.beside({ encryptionKeys: OLD });
    expect(await task.get()).toBe(1);
    expect(server.received[0]?.headers).toMatchObject({ authorization: TOKEN, 'x-a': 'ü' });
    expect(await stored()).not.toContain('enc:v1:');
  });

  it('A server that repeats the headers does not get them stored', async () => {
    server = await startReceiver((request, response, nth) => {
      const { authorization } = request.headers;
      const reason = JSON.stringify({ status: 'failure', reason: `got ${authorization}` });
      response.writeHead(nth === 1 ? 200 : 401).end(nth === 1 ? reason : `${authorization}`);
    });
    await flow.beside({ encryptionKeys: OLD });
    for (const shown of ['got [secret]', 'HTTP 401']) {
      const task = await call();
      await expect(task.get()).rejects.toThrow(shown);
    }
    expect(await stored()).not.toContain('secret-token');
  });

  it('A task waits for a process that has its key', async () => {
    server = await startReceiver(answering({ body: { status: 'success', retval: 1 } }));
    const newer = await flow.beside({ work: false, encryptionKeys: NEW });
    const task = await newer.hooks.tasks.get(server.url, {}, { headers: { a: secret(TOKEN) } });
    await expect(flow.beside({ encryptionKeys: OLD })).rejects.toMatchObject({
      code: 'SECRET_KEY_MISSING',
    });
    await flow.beside({ encryptionKeys: NEW });
    expect(await task.get()).toBe(1);
  });

  it('Encrypting again changes waiting tasks, so that the old key can go', async () => {
    server = await startReceiver(answering({ body: { status: 'success', retval: 1 } }));
    const task = await call();
    const newer = await flow.beside({ work: false, encryptionKeys: NEW });
    expect(await newer.hooks.listeners.reencrypt()).toBe(1);
    expect(await stored()).toContain('enc:v1:new:');
    await flow.beside({ encryptionKeys: { new: NEW.new } });
    expect(await task.get()).toBe(1);
    expect(server.received[0]?.headers).toMatchObject({ authorization: TOKEN });
  });

  it('A secret that was changed in the database fails the task', async () => {
    server = await startReceiver(answering({ body: '' }));
    const task = await call();
    await flow.query(`UPDATE model_hook_task SET headers = jsonb_set(headers, '{Authorization,secret}',
      to_jsonb(overlay(headers->'Authorization'->>'secret' placing 'AAAA' from 20)))`);
    await flow.beside({ encryptionKeys: OLD });
    const error = await task.get().catch((one: ModelHookError) => one);
    expect(error).toMatchObject({ code: 'SECRET_UNREADABLE', key: 'old' });
    expect(server.received).toEqual([]);
  });

  it.each([
    { host: 'a' },
    { 'content-type': 'a' },
    { a: 'b\nc' },
    { 'a b': 'c' },
    { 'hook-a': 'b' },
  ])('The headers %j are refused', async (headers) => {
    server = await startReceiver();
    await expect(
      flow.hooks.tasks.get(server.url, {}, { headers: headers as never }),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'headers' });
  });
});
