import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, type ModelHooks } from 'typeorm-model-hooks';
import { verify } from 'typeorm-model-hooks/receiver';
import { type Application, startApplication } from '../../support/application/application';
import { answering } from '../../support/receivers/answers';
import { onRequests, type RawServer, startRawServer } from '../../support/receivers/raw-server';
import { startReceiver } from '../../support/receivers/receiver';

/** What ends a line, or a text, somewhere: in HTTP, in C, in Unicode, in a terminal. */
const ENDS = ['\r\n', '\n', '\r', '\u0085', '\u2028', '\u2029', '\v', '\f', '\u001b[2K'];
const FORGED = 'X-Forged: yes';
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** What each says of itself is the text of the row. */
@Entity()
@ModelHook({
  provides: ['text'],
  event: `note${ENDS.join(FORGED)}`,
  sender: 'text',
  ref: (row: Note) => row.text,
  headers: (row: Note) => ({ 'X-Given': row.text, [`X-${row.text}`]: 'named', 'X-Fine': 'fine' }),
  format: 'cloudevents',
})
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') text!: string;
}

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
let application: Application;
let hooks: ModelHooks;

beforeAll(async () => {
  application = await startApplication({ entities: [Note], attach: { logger } });
  hooks = application.hooks;
});
afterEach(async () => {
  for (const { id } of await hooks.listeners.find()) await hooks.listeners.remove(id);
});
afterAll(() => application.stop());

async function save(text: string): Promise<void> {
  await application.dataSource.manager.save(Object.assign(new Note(), { text }));
  await hooks.idle();
}

/** The bytes of the requests that come. */
async function listenRaw(requests: string[]): Promise<RawServer> {
  const server = await startRawServer((socket) => {
    socket.on('data', (data) => requests.push(data.toString('latin1')));
    onRequests(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  });
  return server;
}

const OURS = [
  ...['content-length', 'content-type', 'host', 'user-agent', 'connection'],
  ...['hook-attempt', 'hook-delivery', 'hook-event', 'hook-hmac', 'hook-subscription'],
  ...['webhook-id', 'webhook-signature', 'webhook-timestamp', 'x-fine'],
];

describe('a request', () => {
  it.each(ENDS)('An event with %j in its texts adds no header to the request', async (end) => {
    const requests: string[] = [];
    const server = await listenRaw(requests);
    const { secret = '' } = await hooks.for(Note).listener(server.url).save();
    await save(`a${end}${FORGED}`);
    const [head = '', body = ''] = requests.join('').split('\r\n\r\n');
    const [requestLine, ...lines] = head.split('\r\n');
    expect(requestLine).toBe('POST / HTTP/1.1');
    expect(head.replaceAll('\r\n', '')).not.toMatch(/[^\x20-\x7e]/);
    const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
    expect(names.sort()).toEqual(OURS.sort());
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    expect(verify(headers, Buffer.from(body, 'latin1'), secret).event).toBe(
      `note${ENDS.join(FORGED)}`,
    );
    await server.close();
  });

  it.each(['\0', ...ENDS])('A listener with %j in a header is refused', async (end) => {
    for (const headers of [{ 'X-A': `a${end}${FORGED}` }, { [`X-A${end}X-Forged`]: 'yes' }]) {
      const saving = hooks.for(Note).listener({ url: 'http://127.0.0.1:9', headers }).save();
      await expect(saving).rejects.toMatchObject({
        code: 'LISTENER_INVALID',
        fields: { headers: [expect.any(String)] },
      });
    }
    const contentType = `application/json${end}${FORGED}` as 'application/json';
    const saving = hooks.for(Note).listener({ url: 'http://127.0.0.1:9', contentType }).save();
    await expect(saving).rejects.toMatchObject({ fields: { contentType: [expect.any(String)] } });
  });

  it('The headers of a hook are limited in number and length like those of a listener', async () => {
    const receiver = await startReceiver();
    const many = hooks.define('many', { provides: [] });
    await many.listener(receiver.url).save();
    const short = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`X-Short-${n}`, 'a']));
    const long = Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [`X-Long-${n}`, 'a'.repeat(1_014)]),
    );
    await many.send({}, { headers: short });
    await many.send({}, { headers: long });
    await hooks.idle();
    const sent = receiver.received.map(({ headers }) => Object.keys(headers));
    const counts = sent.map((names) => names.filter((name) => /^x-(short|long)/.test(name)).length);
    expect(counts.sort()).toEqual([32, 8]);
    await receiver.close();
  });
});

describe('replies in reasons and logs', () => {
  it.each(['\0', ...ENDS])(
    'A reply with %j does not break a line in reasons and logs',
    async (end) => {
      const reason = `a${end}2026-01-01 ERROR forged`;
      const receiver = await startReceiver(answering({ body: { status: 'failure', reason } }));
      const { id } = await hooks.for(Note).listener(receiver.url).save();
      await save('a');
      const { items } = await hooks.deliveries.find({ listener: id });
      expect(items).toHaveLength(1);
      expect(items[0]?.reason).toContain('ERROR forged');
      expect(items[0]?.reason).not.toMatch(CONTROL);
      const tested = await hooks.listeners.test(id);
      expect(tested.reason).not.toMatch(CONTROL);
      await receiver.close();
    },
  );
});

describe('names in errors and logs', () => {
  it.each(ENDS)('A hook name with %j does not break a line in errors and warnings', async (end) => {
    const name = `evil${end}2026-01-01 ERROR forged`;
    const receiver = await startReceiver();
    const delivery = { payloadTooLarge: 'throw', maxPayloadBytes: 10 } as const;
    const hook = hooks.define(name, { provides: ['a'], delivery });
    const refused: Error = await hook.send({ a: 'long enough' }).catch((error) => error);
    expect(refused.message).toContain('evil');
    expect(refused.message).not.toMatch(CONTROL);
    const unknown: Error = await hook
      .listener(receiver.url)
      .match({ [name]: 1 })
      .save()
      .catch((e) => e);
    expect(unknown.message).not.toMatch(CONTROL);
    for (const call of [...logger.warn.mock.calls, ...logger.error.mock.calls])
      expect(call[0]).not.toMatch(CONTROL);
    await receiver.close();
  });

  it('A hook name does not break a line in the warning of an event that is too large', async () => {
    const receiver = await startReceiver();
    const delivery = { maxPayloadBytes: 10 };
    const hook = hooks.define('large\r\nforged', { provides: ['a'], delivery });
    await hook.listener(receiver.url).save();
    await hook.send({ a: 'long enough' });
    await hooks.idle();
    const said = logger.warn.mock.calls.filter(([, facts]) => facts?.hook === 'large\r\nforged');
    expect(said).toHaveLength(1);
    expect(said[0]?.[0]).not.toMatch(CONTROL);
    await receiver.close();
  });
});
