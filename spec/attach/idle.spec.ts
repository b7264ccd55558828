import { Idle, type IdleEngine } from '../../lib/attach/idle';
import type { Hook } from '../../lib/hook/hook';
import type { DueCounts, DueHere } from '../../lib/store/upkeep';

const NOTHING: DueCounts = { events: 0, chunks: 0, deliveries: 0 };

describe('Idle', () => {
  it('idle() ends at once if this process does not send and has nothing in flight', async () => {
    const { idle, countDue } = newIdle(undefined);
    await idle.wait(0);
    expect(countDue).not.toHaveBeenCalled();
  });

  it('idle() lets the engine settle, and then asks what is due here', async () => {
    const engine = newEngine({ barred: ['barred'] });
    const { idle, countDue } = newIdle(engine);
    await idle.wait(0);
    expect(engine.settle).toHaveBeenCalledTimes(1);
    expect(countDue.mock.calls).toEqual([
      [{ hooks: [PERSON], encryptionKeyIds: ['k1'], soonMs: 1_500, barred: ['barred'] }],
    ]);
  });

  it.each<Partial<DueCounts>>([{ events: 1 }, { chunks: 1 }, { deliveries: 1 }])(
    'idle() waits while there is %p',
    async (due) => {
      const { idle, countDue } = newIdle(newEngine());
      countDue.mockResolvedValueOnce({ ...NOTHING, ...due });
      await idle.wait(60_000);
      expect(countDue).toHaveBeenCalledTimes(2);
    },
  );

  it('idle() waits for work that was claimed while the database was asked', async () => {
    const engine = newEngine();
    const { idle, countDue } = newIdle(engine);
    countDue.mockImplementationOnce(() => {
      engine.isBusy = true;
      return Promise.resolve(NOTHING);
    });
    engine.settle.mockResolvedValueOnce(undefined).mockImplementationOnce(() => {
      engine.isBusy = false;
      return Promise.resolve();
    });
    await idle.wait(60_000);
    expect(countDue).toHaveBeenCalledTimes(2);
  });

  it('idle() asks nothing of the database while deliveries are in flight', async () => {
    const engine = newEngine({ inFlight: 2 });
    const { idle, countDue } = newIdle(engine);
    await expect(idle.wait(0)).rejects.toThrow('2 in flight');
    expect(countDue).not.toHaveBeenCalled();
  });

  it('idle() rejects after its time, and says what is left', async () => {
    const { idle, countDue } = newIdle(newEngine());
    countDue.mockResolvedValue({ events: 1, chunks: 2, deliveries: 3 });
    await expect(idle.wait(0)).rejects.toMatchObject({
      code: 'IDLE_TIMEOUT',
      left: '1 events to plan, 2 chunks without a lease, 3 deliveries due, 0 in flight',
    });
  });

  it('idle() rejects after its time even if the engine never settles', async () => {
    const engine = newEngine({ inFlight: 1 });
    engine.settle.mockReturnValue(new Promise(() => undefined));
    await expect(newIdle(engine).idle.wait(1)).rejects.toMatchObject({ code: 'IDLE_TIMEOUT' });
  });
});

/** The catalogue's only hook; the store reads its name and shape. */
const PERSON = { name: 'person', shape: 'fields' } as Hook;

function newEngine(state: Partial<Omit<IdleEngine, 'settle'>> = {}) {
  return {
    settle: jest.fn((): Promise<void> => Promise.resolve()),
    inFlight: 0,
    isBusy: false,
    isRunning: true,
    barred: [] as readonly string[],
    ...state,
  };
}

function newIdle(engine: IdleEngine | undefined) {
  const countDue = jest.fn((_here: DueHere): Promise<DueCounts> => Promise.resolve(NOTHING));
  const store = { upkeep: { countDue } } as unknown as ConstructorParameters<typeof Idle>[0];
  const idle = new Idle(store, { all: () => [PERSON] }, { ids: ['k1'] }, { engine });
  return { idle, countDue };
}
