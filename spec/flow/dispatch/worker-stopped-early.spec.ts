import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Dispatcher } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { until } from '../../support/application/waiting';

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
const attach = { work: false, logger, sweepMs: 200 } as const;

let flow: ReceivingFlow;
afterEach(() => flow.stop());

/** Servers that a connection is made to, and that never answer it. */
const SERVERS = [
  ['closes what is closed', false],
  ['closes nothing', true],
] as const;

describe('hooks.work() that is stopped while it begins', () => {
  it('Nothing works after detach() in the first statement of the start', async () => {
    flow = await ReceivingFlow.start({ attach });
    const working = flow.hooks.work();
    await new Promise(setImmediate);
    await flow.hooks.detach();
    expect((await working).isRunning).toBe(false);
    await flow.savePeople(1, 'Ann');
    await swept();
    expect(await flow.pendingEvents()).toBe(1);
  });

  it.each(SERVERS)(
    'The call resolves, and its connection ends, at a server that %s',
    async (_, allowHalfOpen) => {
      flow = await ReceivingFlow.start({ attach });
      const server = createServer({ allowHalfOpen });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      listenAt(server.address() as AddressInfo);
      const connected = once(server, 'connection') as Promise<[Socket]>;
      const working = flow.hooks.work();
      const [socket] = await connected;
      socket.on('error', () => undefined).resume();
      await flow.hooks.detach();
      expect((await working).isRunning).toBe(false);
      await until('the socket is closed', () => {
        if (!socket.destroyed) socket.write('?');
        return socket.destroyed;
      });
      await new Promise((resolve) => server.close(resolve));
    },
  );

  it('Nothing works if the dispatcher refuses to start', async () => {
    const dispatched: unknown[] = [];
    const dispatcher: Dispatcher = {
      start: () => {
        throw new Error('no Redis');
      },
      dispatch: (chunks) => void dispatched.push(...chunks),
    };
    flow = await ReceivingFlow.start({ attach: { ...attach, dispatcher } });
    await expect(flow.hooks.work()).rejects.toThrow('no Redis');
    await flow.savePeople(1, 'Ann');
    await swept();
    expect([dispatched, await flow.pendingEvents()]).toEqual([[], 1]);
  });
});

/** As many sweeps could have been made as find any event. */
async function swept(): Promise<void> {
  const at = Date.now() + 5 * attach.sweepMs;
  await until('five sweeps could have been made', () => Date.now() > at);
}

interface ClientPool {
  Client: new (options: object) => object;
}

/** The connection that listens, and no other, is made to this address. It is the only one that asks for `keepAlive`. */
function listenAt({ port }: AddressInfo): void {
  const { master } = flow.dataSource.driver as unknown as { readonly master: ClientPool };
  const { Client } = master;
  master.Client = class extends Client {
    constructor(options: { readonly keepAlive?: boolean }) {
      const elsewhere = { connectionString: undefined, host: '127.0.0.1', port };
      super(options.keepAlive ? { ...options, ...elsewhere } : options);
    }
  } as ClientPool['Client'];
}
