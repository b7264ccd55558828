import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { type AddressInfo, createServer } from 'node:net';
import type { RecipientOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { person } from '../../support/entities/person';

const NAME = 'intranet.example';
const SECRET_ADDRESS = '127.9.8.7';
const ADDRESS = /\d+\.\d+\.\d+\.\d+|[\da-f]*:[\da-f]*:[\da-f:]+/i;

let flow: Flow | undefined;

afterEach(async () => {
  await flow?.stop();
  flow = undefined;
});

const resolving =
  (...addresses: readonly string[]): LookupFunction =>
  (_hostname, _options, callback) =>
    process.nextTick(
      callback,
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

/** What the owner of a listener sees of its delivery, and what operators see in addition. */
async function delivered(url: string, recipients: RecipientOptions) {
  const logged: unknown[] = [];
  const log = (...line: unknown[]) => logged.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const delivery = {
    retries: 0,
    timeoutMs: 500,
    recipients: { ports: 'any', ...recipients },
  } as const;
  flow = await Flow.start({ attach: { delivery, logger } });
  const { hooks } = flow;
  const reports: unknown[] = [];
  hooks.on('attempt', (report) => reports.push(report));
  hooks.on('outcome', (report) => reports.push(report));
  const listener = await flow.listenAt(url);
  await flow.dataSource.manager.save(person());
  await hooks.idle();
  const { attempts, ...shown } = await flow.deliveryOf(listener.id);
  const { items } = await hooks.deliveries.find();
  const test = await hooks.listeners.test(listener.id);
  const owners = [shown.reason, attempts.map(({ reason }) => reason), items, reports, test, logged];
  return { shown, attempts, seen: withoutIds(JSON.stringify(owners)) };
}

/** Dates and ids look like IPv6 addresses. */
function withoutIds(text: string): string {
  return text.replace(/[\da-f]{8}-[\da-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, SECRET_ADDRESS);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('the reason of a delivery to a name', () => {
  it.each<{
    name: string;
    addresses: readonly string[];
    recipients: RecipientOptions;
    setting: string;
  }>([
    { name: 'an internal address', addresses: ['10.1.2.3'], recipients: {}, setting: 'allow' },
    {
      name: 'a denied address',
      addresses: ['8.8.8.8'],
      recipients: { deny: ['8.8.8.0/24'] },
      setting: 'deny',
    },
    { name: 'an IPv6 address', addresses: ['fd00::12'], recipients: {}, setting: 'allow' },
    { name: 'a mapped address', addresses: ['::ffff:10.1.2.3'], recipients: {}, setting: 'allow' },
    {
      name: 'one internal address of two',
      addresses: ['8.8.8.8', '10.1.2.3'],
      recipients: {},
      setting: 'allow',
    },
    {
      name: 'an address that a validator refuses',
      addresses: ['8.8.8.8'],
      recipients: {
        validators: [
          (_target, address) => {
            if (address !== undefined) throw new Error(`not ${address}`);
          },
        ],
      },
      setting: 'validators',
    },
  ])('$name is not named, but the setting is', async ({ addresses, recipients, setting }) => {
    const lookup = resolving(...addresses);
    const { shown, attempts, seen } = await delivered(`http://${NAME}`, { lookup, ...recipients });
    expect(shown).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(
        `^[^ ]*${NAME} is refused: .* \\(delivery.recipients.${setting}\\)`,
      ),
    });
    expect(seen).not.toMatch(ADDRESS);
    expect(attempts).toMatchObject([
      { number: 1, outcome: 'failed', detail: expect.stringMatching(ADDRESS) },
    ]);
  });

  it('The address of a refused connection is not named', async () => {
    const recipients = { allow: ['127.0.0.0/8'], lookup: resolving(SECRET_ADDRESS) };
    const port = await closedPort();
    const { shown, attempts, seen } = await delivered(`http://${NAME}:${port}`, recipients);
    expect(shown.reason).toBe('the connection was refused (ECONNREFUSED)');
    expect(seen).not.toMatch(ADDRESS);
    expect(attempts).toMatchObject([{ detail: expect.stringContaining(SECRET_ADDRESS) }]);
  });

  it('The message of a resolver is not shown', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(new Error('no answer from 10.0.0.53'), []);
    const { shown, attempts, seen } = await delivered(`http://${NAME}`, { lookup });
    expect(shown).toMatchObject({ status: 'failed', reason: 'the request failed' });
    expect(seen).not.toMatch(ADDRESS);
    expect(attempts).toMatchObject([{ detail: 'no answer from 10.0.0.53' }]);
  });
});
