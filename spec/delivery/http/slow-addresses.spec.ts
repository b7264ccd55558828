import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Server } from 'node:net';
import { HttpClient } from '../../../lib/delivery/http/http-client';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { onRequests } from '../../support/receivers/raw-server';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
/** Addresses of documentation, which nobody answers for. */
const NOWHERE = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '192.0.2.2', '198.51.100.2'];

let server: Server;
let client: HttpClient | undefined;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    onRequests(socket, () => socket.end(REPLY));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  await client?.close();
  server.close();
});

function post(...addresses: readonly string[]) {
  const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup: LookupFunction = (_hostname, _options, callback) => callback(null, answers);
  const allow = ['0.0.0.0/0', '::/0'];
  client = new HttpClient(new RecipientPolicy({ ports: 'any', allow, lookup }), {
    maxConcurrencyPerOrigin: 1,
    keepAlive: true,
  });
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://hooks.example:${port}`);
  return client.send({ method: 'POST', url, headers: {}, body: '{}', ...ATTEMPT_DEFAULTS });
}

describe('HttpClient with several addresses of a name', () => {
  it.each([
    { name: 'behind a refused one', addresses: ['::1', '127.0.0.1'] },
    { name: 'behind two refused ones', addresses: ['127.0.0.2', '::1', '127.0.0.1'] },
    { name: 'behind one that does not answer', addresses: [NOWHERE[0] ?? '', '127.0.0.1'] },
    { name: 'behind many that do not answer', addresses: [...NOWHERE, '127.0.0.1'] },
    { name: 'before one that does not answer', addresses: ['127.0.0.1', ...NOWHERE] },
  ])('An address $name is reached', async ({ addresses }) => {
    expect(await post(...addresses)).toMatchObject({ kind: 'answered', httpStatus: 200 });
  });

  it('The reason is that of the first address if all refuse, and the detail has all', async () => {
    const reply = await post('127.0.0.2', '::1', '127.0.0.3');
    expect(reply).toMatchObject({
      kind: 'unanswered',
      reason: 'the connection was refused (ECONNREFUSED)',
      detail: expect.stringMatching(/127\.0\.0\.2.*;.*127\.0\.0\.3/),
    });
  });
});
