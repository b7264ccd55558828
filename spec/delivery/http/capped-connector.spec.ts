import { Agent, buildConnector, request } from 'undici';
import { cappedConnector } from '../../../lib/delivery/http/capped-connector';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const MAX_BYTES = 10_000;

let receiver: Receiver;
let agent: Agent;

beforeEach(() => {
  const connect = cappedConnector(buildConnector({}), MAX_BYTES);
  agent = new Agent({ connections: 1, connect });
});
afterEach(async () => {
  await agent.destroy();
  await receiver.close();
});

async function text(): Promise<string> {
  const { body } = await request(receiver.url, { dispatcher: agent });
  return body.text();
}

describe('cappedConnector', () => {
  it('One connection carries any number of replies', async () => {
    const ports = new Set<number | undefined>();
    receiver = await startReceiver((_request, response) => {
      ports.add(response.socket?.remotePort);
      response.end('x'.repeat(MAX_BYTES / 2));
    });
    for (let n = 0; n < 5; n += 1) expect(await text()).toHaveLength(MAX_BYTES / 2);
    expect(ports.size).toBe(1);
  });

  it('A connection ends if one reply is too long', async () => {
    receiver = await startReceiver((_request, response) => response.end('x'.repeat(2 * MAX_BYTES)));
    await expect(text()).rejects.toThrow(`more than ${MAX_BYTES} bytes came`);
  });

  it('The reason of a failed connection is passed on', async () => {
    receiver = await startReceiver();
    await receiver.close();
    await expect(text()).rejects.toThrow('ECONNREFUSED');
  });
});
