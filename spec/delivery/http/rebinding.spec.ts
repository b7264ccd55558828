import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { HttpClient } from '../../../lib/delivery/http/http-client';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type NameServer, startNameServer } from '../../support/receivers/name-server';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

/** In place of an address of the internet: the policy of these specs allows it. */
const OUTSIDE = '127.0.0.1';
/** In place of one that must not be reached. */
const INSIDE = '127.0.0.2';
const NAME = 'hooks.example';

let receiver: Receiver;
let victim: Server;
let reached = 0;
let nameServer: NameServer | undefined;
let client: HttpClient | undefined;

beforeEach(async () => {
  receiver = await startReceiver();
  reached = 0;
  victim = createServer((socket) => {
    reached += 1;
    socket.destroy();
  });
  // The port that the name will be asked at.
  victim.listen(Number(new URL(receiver.url).port), INSIDE);
  await once(victim, 'listening');
});
afterEach(async () => {
  await client?.close();
  await nameServer?.close();
  await receiver.close();
  victim.close();
});

/** Posts as often as told to a name that resolves, time after time, as the answers say. */
async function posts(
  count: number,
  answers: (nth: number) => readonly string[],
  { keepAlive = false } = {},
): Promise<readonly string[]> {
  let nth = 0;
  nameServer = await startNameServer((_name, type) => {
    if (type === 'A') nth += 1;
    return answers(nth).filter((address) => address.includes(':') === (type === 'AAAA'));
  });
  const allow = [`${OUTSIDE}/32`];
  const policy = new RecipientPolicy({ ports: 'any', allow, lookup: nameServer.lookup });
  client = new HttpClient(policy, { maxConcurrencyPerOrigin: 1, keepAlive });
  const url = new URL(receiver.url.replace('127.0.0.1', NAME));
  const kinds: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const request = { method: 'POST', url, headers: {}, body: '{}', ...ATTEMPT_DEFAULTS };
    kinds.push((await client.send(request)).kind);
  }
  return kinds;
}

const lookups = (): number =>
  nameServer?.asked.filter((asked) => asked === `A ${NAME}`).length ?? 0;

describe('HttpClient with a name server that changes its answer', () => {
  it('The name is resolved once for a connection, and the connection uses that answer', async () => {
    expect(await posts(1, (nth) => [nth === 1 ? OUTSIDE : INSIDE])).toEqual(['answered']);
    expect(lookups()).toBe(1);
    expect(receiver.received).toHaveLength(1);
    expect(reached).toBe(0);
  });

  it('A request is refused as soon as the answer is forbidden', async () => {
    const answers = (nth: number) => [nth % 2 === 1 ? OUTSIDE : INSIDE];
    expect(await posts(6, answers)).toEqual([
      'answered',
      'refused',
      'answered',
      'refused',
      'answered',
      'refused',
    ]);
    expect(lookups()).toBe(6);
    expect(receiver.received).toHaveLength(3);
    expect(reached).toBe(0);
  });

  it.each([
    { name: 'beside an allowed one', answers: [OUTSIDE, INSIDE] },
    { name: 'before an allowed one', answers: [INSIDE, OUTSIDE] },
    { name: 'in another family', answers: [OUTSIDE, '::1'] },
    { name: 'mapped into another family', answers: [OUTSIDE, `::ffff:${INSIDE}`] },
    { name: 'by NAT64', answers: [OUTSIDE, `64:ff9b::${INSIDE}`] },
    { name: 'the unspecified one', answers: ['0.0.0.0'] },
    { name: 'where clouds keep credentials', answers: ['169.254.169.254'] },
  ])('A forbidden answer $name is refused', async ({ answers }) => {
    expect(await posts(1, () => answers)).toEqual(['refused']);
    expect([receiver.received.length, reached]).toEqual([0, 0]);
  });

  it('A kept connection stays in use after the answer changes', async () => {
    const answers = (nth: number) => [nth === 1 ? OUTSIDE : INSIDE];
    expect(await posts(3, answers, { keepAlive: true })).toEqual(Array(3).fill('answered'));
    expect(lookups()).toBe(1);
    expect(reached).toBe(0);
  });

  it('A request to a name without addresses is unanswered', async () => {
    expect(await posts(1, () => [])).toEqual(['unanswered']);
  });
});
