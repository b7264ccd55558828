import { Breakers } from '../../../lib/delivery/origins/breakers';
import { CONSOLE_LOGGER } from '../../../lib/logging/logger';
import { Flow } from '../../support/application/flow';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { testStore } from '../../support/application/test-store';
import { outcomes, until } from '../../support/application/waiting';
import { startReceiver } from '../../support/receivers/receiver';

const OPENS_AFTER = 20;
/** Tries again at once, as often as it is let. */
const EAGER = { retries: 1_000, retryDelayMs: 1, retryFactor: 1, jitter: 0 };

let flow: Flow;
afterEach(() => flow?.stop());

describe('the breaker of an origin', () => {
  it('The breaker opens after 20 failures in a row, and allows one attempt when its time is over', async () => {
    flow = await Flow.start({ attach: { sweepMs: 100, delivery: { maxConcurrencyPerOrigin: 4 } } });
    const answer = { status: 500 };
    const { receiver, listener } = await flow.listen(
      (_request, response) => response.writeHead(answer.status).end(),
      { delivery: EAGER },
    );
    await flow.savePeople(100);
    await until('it is open', async () => (await breaker(flow))?.held === true);
    await holdLong();
    await flow.hooks.idle();
    const failed = receiver.received.length;
    expect(failed).toBeGreaterThanOrEqual(OPENS_AFTER);
    // Those that were under way when it opened are all that came after.
    expect(failed).toBeLessThan(OPENS_AFTER + 8);

    await holdOver();
    await until('somebody tried', async () => ((await breaker(flow))?.opened ?? 0) > 1);
    await holdLong();
    expect(receiver.received).toHaveLength(failed + 1);

    answer.status = 200;
    const done = outcomes(flow.hooks, 100, ({ status }) => status === 'done');
    await holdOver();
    await done;
    expect(await breaker(flow)).toBeUndefined();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['done']));
  });

  it('The breaker stays closed if failures and answers alternate or if a recipient refuses', async () => {
    flow = await Flow.start();
    const alternating = await flow.listen(
      (_request, response, nth) => response.writeHead(nth % 2 === 0 ? 200 : 500).end(),
      { delivery: EAGER },
    );
    const refusing = await flow.listen((_request, response) => response.writeHead(404).end(), {
      delivery: { retries: 0 },
    });
    await flow.savePeople(60);
    await alternating.receiver.waitFor(60);
    await refusing.receiver.waitFor(60);
    expect(await breaker(flow)).toBeUndefined();
  });

  it('An open breaker holds in other processes and in later ones', async () => {
    const first = await ReceivingFlow.start({ attach: { work: false } });
    flow = first;
    const dead = await startReceiver((_request, response) => response.destroy());
    await first.hooks.listen('person.created', { url: dead.url, delivery: EAGER }).save();
    await openBy(first, new URL(dead.url).origin);
    const beside = await first.beside({ sweepMs: 100 });
    await beside.savePeople(30);
    await first.receiver.waitFor(30);
    await beside.hooks.idle();
    expect(dead.received).toEqual([]);
    const { items } = await beside.hooks.deliveries.find({ status: 'waiting' });
    expect(items).toHaveLength(30);
    expect(items[0]?.reason).toContain('failed too often');
    await dead.close();
  });

  it('One process at a time may try an origin, and the next one may if nothing was learned', async () => {
    flow = await Flow.start({ attach: { work: false } });
    const origin = 'https://dead.example';
    await openBy(flow, origin);
    await holdOver();
    const [one, other] = [breakers(flow), breakers(flow)];
    await Promise.all([one.refresh(), other.refresh()]);
    const answers = await Promise.all([one.mayTry(origin), other.mayTry(origin)]);
    expect([...answers].sort()).toEqual([false, true]);
    const [tried, waits] = answers[0] ? [one, other] : [other, one];
    await tried.record(origin, null);
    const third = breakers(flow);
    await third.refresh();
    expect(await third.mayTry(origin)).toBe(true);
    await third.record(origin, 'answered');
    expect(await breaker(flow)).toBeUndefined();
    expect(waits.openMs(origin)).toBeGreaterThan(0);
  });

  it('An open breaker does not delay another origin', async () => {
    flow = await Flow.start();
    const dead = await flow.listen((_request, response) => response.destroy(), { delivery: EAGER });
    await flow.savePeople(50);
    await until('it is open', async () => (await breaker(flow))?.held === true);
    const { receiver } = await flow.listen();
    await flow.savePeople(5);
    await receiver.waitFor(5);
    expect(dead.receiver.received.length).toBeGreaterThanOrEqual(OPENS_AFTER);
  });
});

function breakers({ dataSource }: Flow): Breakers {
  const wakeup = { due: () => undefined };
  return new Breakers({ origins: testStore(dataSource).origins, logger: CONSOLE_LOGGER, wakeup });
}

interface Breaker {
  readonly opened: number;
  readonly held: boolean;
}

async function breaker({ dataSource }: Flow): Promise<Breaker | undefined> {
  const [row] = await dataSource.query<Breaker[]>(
    'SELECT opened, open_until > now() AS held FROM model_hook_origin',
  );
  return row;
}

async function holdLong(): Promise<void> {
  await flow.query("UPDATE model_hook_origin SET open_until = now() + interval '1 hour'");
}

async function holdOver(): Promise<void> {
  await flow.query("UPDATE model_hook_origin SET open_until = now() - interval '1 s'");
}

async function openBy({ dataSource }: Flow, origin: string): Promise<void> {
  await dataSource.query(
    "INSERT INTO model_hook_origin (origin, opened, open_until) VALUES ($1, 1, now() + interval '1 hour')",
    [origin],
  );
}
