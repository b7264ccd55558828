import { once } from 'node:events';
import { connect } from 'node:net';
import { Client } from 'pg';
import { request } from 'undici';
import { createDatabase } from './support/application/database';
import { type Receiver, startReceiver } from './support/receivers/receiver';

describe('createDatabase', () => {
  it('An empty database is created, and is dropped in spite of open connections', async () => {
    const database = await createDatabase();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query(
      "SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'public'",
    );
    expect(rows).toEqual([{ count: 0 }]);

    const cut = new Promise((resolve) => client.once('end', resolve));
    await database.drop();
    await cut;
    await expect(new Client({ connectionString: database.url }).connect()).rejects.toThrow(
      /does not exist/,
    );
  });

  it('Each caller gets a database of its own', async () => {
    const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
    expect(one.url).not.toBe(other.url);
    await Promise.all([one.drop(), other.drop()]);
  });
});

describe('startReceiver', () => {
  let receiver: Receiver;
  afterEach(() => receiver.close());

  it.each([
    { type: 'application/json', body: '{"name":"Joe"}', parsed: { name: 'Joe' } },
    { type: 'application/cloudevents+json; charset=utf-8', body: '[1]', parsed: [1] },
    { type: 'application/json', body: '{', parsed: undefined },
    {
      type: 'application/x-www-form-urlencoded',
      body: 'name=Joe+B&home.city=K%C3%B6ln',
      parsed: { name: 'Joe B', 'home.city': 'Köln' },
    },
    { type: 'text/plain', body: '{}', parsed: undefined },
  ])('A request of type $type is kept with its body: $body', async ({ type, body, parsed }) => {
    receiver = await startReceiver();
    const reply = await post(`${receiver.url}/hook?a=1`, body, { 'content-type': type });
    expect(reply).toEqual({ status: 200, text: '' });
    const [received] = await receiver.waitFor(1);
    expect(received).toMatchObject({ method: 'POST', path: '/hook?a=1', body: parsed });
    expect(received?.raw.toString()).toBe(body);
    expect(received?.headers['content-type']).toBe(type);
  });

  it('The receiver answers each request by its number', async () => {
    receiver = await startReceiver((_request, response, nth) => {
      response.writeHead(nth === 1 ? 503 : 202).end(`answer ${nth}`);
    });
    expect(await post(receiver.url, '')).toEqual({ status: 503, text: 'answer 1' });
    expect(await post(receiver.url, '')).toEqual({ status: 202, text: 'answer 2' });
    expect(receiver.received).toHaveLength(2);
  });

  it('waitFor() waits for requests that have not come yet', async () => {
    receiver = await startReceiver();
    const both = receiver.waitFor(2);
    await post(receiver.url, 'first');
    await post(receiver.url, 'second');
    expect((await both).map(({ raw }) => raw.toString())).toEqual(['first', 'second']);
  });

  it('Open connections are cut when the receiver closes', async () => {
    receiver = await startReceiver(() => {});
    const { hostname, port } = new URL(receiver.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
    await receiver.waitFor(1);
    const cut = once(socket, 'close');
    await receiver.close();
    await cut;
  });
});

async function post(url: string, body: string, headers: Record<string, string> = {}) {
  const reply = await request(url, { method: 'POST', body, headers });
  return { status: reply.statusCode, text: await reply.body.text() };
}
