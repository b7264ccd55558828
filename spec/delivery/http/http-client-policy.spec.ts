import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { HttpClient } from '../../../lib/delivery/http/http-client';
import type { RecipientOptions } from '../../../lib/options/delivery';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const LOOPBACK = '127.0.0.1';

let receiver: Receiver;
let client: HttpClient | undefined;

beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  await receiver.close();
});

/** Every post on a connection of its own, so that each one resolves anew. */
function post(url: string, recipients: RecipientOptions) {
  client ??= new HttpClient(new RecipientPolicy(recipients), {
    maxConcurrencyPerOrigin: 4,
    keepAlive: false,
  });
  return client.send({
    method: 'POST',
    url: new URL(url),
    headers: {},
    body: '{}',
    ...ATTEMPT_DEFAULTS,
  });
}

/** Answers every name with these addresses. */
const answering =
  (...addresses: readonly string[]): LookupFunction =>
  (_hostname, _options, callback) => {
    const answers = addresses.map(
      (address): LookupAddress => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }),
    );
    process.nextTick(callback, null, answers);
  };

/** A name in place of the receiver's address. */
const named = (): string => receiver.url.replace(LOOPBACK, 'hooks.example');

describe('HttpClient with a recipient policy', () => {
  const refusing = (lookup: LookupFunction): RecipientOptions => ({ ports: 'any', lookup });

  it('A literal address is refused before a connection is made', async () => {
    const reply = await post(receiver.url, { ports: 'any' });
    expect(reply).toMatchObject({ kind: 'refused', reason: expect.stringContaining('allow') });
    expect(receiver.received).toEqual([]);
  });

  it.each([
    { name: 'is forbidden', addresses: [LOOPBACK] },
    { name: 'is forbidden, behind one that is not', addresses: ['8.8.8.8', LOOPBACK] },
    { name: 'is forbidden, before one that is not', addresses: [LOOPBACK, '8.8.8.8'] },
    { name: 'is a mapped one', addresses: ['::ffff:127.0.0.1'] },
    { name: 'is internal IPv6', addresses: ['2606:4700::1', '::1'] },
    { name: 'is no address', addresses: ['localhost'] },
  ])('A name is refused if its address $name', async ({ addresses }) => {
    expect(await post(named(), refusing(answering(...addresses)))).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(/^hooks\.example is refused: .*delivery\.recipients\./),
      detail: expect.any(String),
    });
    expect(receiver.received).toEqual([]);
  });

  it('A name is refused if the resolver ignores the option `all`', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) => callback(null, LOOPBACK, 4);
    expect(await post(named(), refusing(lookup))).toMatchObject({ kind: 'refused' });
  });

  it('A name of this machine is refused with the resolver of the system', async () => {
    const url = receiver.url.replace(LOOPBACK, 'localhost');
    expect(await post(url, { ports: 'any' })).toMatchObject({
      kind: 'refused',
    });
  });

  it('A name is refused if its answer has changed to a forbidden one', async () => {
    const answers = [LOOPBACK, '10.0.0.1'];
    const lookup: LookupFunction = (hostname, options, callback) =>
      answering(answers.shift() ?? '')(hostname, options, callback);
    const recipients = { ports: 'any', allow: ['127.0.0.0/8'], lookup } as const;
    expect(await post(named(), recipients)).toMatchObject({ kind: 'answered' });
    expect(await post(named(), recipients)).toMatchObject({ kind: 'refused' });
    expect(receiver.received).toHaveLength(1);
  });

  it('The client connects to the checked address and sends the name as host', async () => {
    const recipients = {
      ports: 'any',
      allow: ['127.0.0.0/8'],
      lookup: answering(LOOPBACK),
    } as const;
    expect(await post(named(), recipients)).toMatchObject({ httpStatus: 200 });
    expect(receiver.received[0]?.headers.host).toMatch(/^hooks\.example:/);
  });

  it.each([307, 308, 302])(
    'A redirect with HTTP %i to a blocked literal is not followed',
    async (status) => {
      const victim = await startReceiver();
      await receiver.close();
      receiver = await startReceiver((_request, response) => {
        response.writeHead(status, {
          location: victim.url.replace('127.0.0.1', '[::ffff:7f00:1]'),
        });
        response.end();
      });
      const recipients = {
        ports: 'any',
        allow: ['127.0.0.0/8'],
        lookup: answering(LOOPBACK),
      } as const;
      expect(await post(named(), recipients)).toMatchObject({ httpStatus: status });
      expect(victim.received).toEqual([]);
      await victim.close();
    },
  );

  it('Validators receive the origin with each address of a name', async () => {
    const seen: unknown[] = [];
    const recipients: RecipientOptions = {
      ports: 'any',
      allow: ['127.0.0.0/8'],
      lookup: answering(LOOPBACK, '127.0.0.3'),
      validators: [
        ({ href }, address) => {
          seen.push([href, address]);
        },
      ],
    };
    const url = `${named()}/a?b`;
    expect(await post(url, recipients)).toMatchObject({ kind: 'answered' });
    const origin = `${named()}/`;
    expect(seen).toEqual([
      [url, undefined],
      [origin, LOOPBACK],
      [origin, '127.0.0.3'],
    ]);
  });

  it('The address of the open connection is checked too', async () => {
    const lookup = answering('0.0.0.0');
    const recipients: RecipientOptions = { ports: 'any', allow: ['0.0.0.0/8'], lookup };
    expect(await post(named(), recipients)).toEqual({
      kind: 'refused',
      reason: 'hooks.example is refused: its address is not allowed (delivery.recipients.allow).',
      detail: expect.stringContaining('127.0.0.1 is refused'),
    });
    expect(receiver.received).toEqual([]);
  });

  it('A request is refused by protocol, port or validator', async () => {
    const recipients: RecipientOptions = {
      ports: [80],
      validators: [
        () => {
          throw new Error('not today');
        },
      ],
    };
    expect(await post(receiver.url, recipients)).toMatchObject({ kind: 'refused' });
    expect(await post('ftp://example.com', recipients)).toMatchObject({ kind: 'refused' });
    expect(await post('http://example.com', recipients)).toEqual({
      kind: 'refused',
      reason: 'http://example.com is refused: not today (delivery.recipients.validators).',
    });
  });

  it.each<{ name: string; lookup: LookupFunction }>([
    { name: 'fails', lookup: (_h, _o, callback) => callback(new Error('SERVFAIL'), []) },
    { name: 'knows nothing', lookup: answering() },
  ])('A request stays unanswered if the resolver $name', async ({ lookup }) => {
    expect(await post(named(), refusing(lookup))).toMatchObject({ kind: 'unanswered' });
  });
});
